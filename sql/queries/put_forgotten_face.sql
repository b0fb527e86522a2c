INSERT INTO forgotten_face (photo, x, y, width, height, time_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING;
