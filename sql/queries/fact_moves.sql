SELECT fact, face, source, target FROM fact_move ORDER BY fact, face;
