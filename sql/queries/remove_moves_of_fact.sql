DELETE FROM fact_move WHERE fact = ?1;
