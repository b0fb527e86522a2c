SELECT fact, face FROM fact_face ORDER BY fact, face;
