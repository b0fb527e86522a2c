INSERT INTO fact_move (fact, face, source, target) VALUES (?1, ?2, ?3, ?4);
