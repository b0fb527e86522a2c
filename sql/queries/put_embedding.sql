INSERT INTO embedding (face, model, vector) VALUES (?1, ?2, ?3)
ON CONFLICT (model, face) DO UPDATE SET vector = excluded.vector;
