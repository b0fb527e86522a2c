INSERT INTO fact_face (fact, face) VALUES (?1, ?2) ON CONFLICT (fact, face) DO NOTHING;
