INSERT INTO fact (kind, person, value, created)
VALUES (?1, ?2, ?3, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'));
