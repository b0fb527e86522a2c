DELETE FROM fact_face WHERE face = ?1;
