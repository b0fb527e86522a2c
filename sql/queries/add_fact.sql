INSERT INTO fact (kind, person, other, photo, undoes, value, step, created)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'));
