DELETE FROM fact_face WHERE fact = ?1;
