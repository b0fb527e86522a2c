INSERT INTO fact (kind, person, other, photo, undoes, value, created)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'));
