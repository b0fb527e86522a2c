SELECT created, model, threshold IS NOT NULL, coalesce(threshold, 0), groups_of_one, groups_of_more,
       faces, people, new_people, vanished_people, churned_faces, kept_names, seconds, peak_bytes
FROM clustering ORDER BY id DESC LIMIT 1;
