SELECT created, model, threshold, faces, people, new_people, vanished_people, churned_faces,
       kept_names, seconds, peak_bytes
FROM clustering ORDER BY id DESC LIMIT 1;
