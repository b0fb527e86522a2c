DELETE FROM vector_evidence WHERE face = ?1 AND model = ?2;
