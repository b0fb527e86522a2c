DELETE FROM fact_move;
