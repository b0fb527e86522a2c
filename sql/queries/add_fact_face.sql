INSERT INTO fact_face (fact, face, role) VALUES (?1, ?2, ?3) ON CONFLICT (fact, face) DO NOTHING;
