INSERT INTO forgotten_photo (photo) VALUES (?1) ON CONFLICT DO NOTHING;
