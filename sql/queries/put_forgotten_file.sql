INSERT INTO forgotten_file (file, photo) VALUES (?1, ?2)
ON CONFLICT (file) DO UPDATE SET photo = excluded.photo;
