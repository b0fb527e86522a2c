INSERT INTO membership (face, person) VALUES (?1, ?2)
ON CONFLICT (face) DO UPDATE SET person = excluded.person;
