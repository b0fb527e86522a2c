INSERT INTO clustering (created, model, threshold, groups_of_one, groups_of_more, faces, people,
                        new_people, vanished_people, churned_faces, kept_names, seconds, peak_bytes)
VALUES (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12);
