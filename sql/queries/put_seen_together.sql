INSERT INTO seen_together (face, other) VALUES (?1, ?2) ON CONFLICT DO NOTHING;
