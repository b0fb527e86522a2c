INSERT INTO forgotten_face (photo, x, y, width, height) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING;
