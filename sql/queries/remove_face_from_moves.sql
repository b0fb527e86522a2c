DELETE FROM fact_move WHERE face = ?1;
