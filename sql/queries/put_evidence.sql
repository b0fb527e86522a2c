INSERT INTO vector_evidence (face, model, length, sharpness) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (model, face) DO UPDATE SET length = excluded.length, sharpness = excluded.sharpness;
