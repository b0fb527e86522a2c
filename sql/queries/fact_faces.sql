SELECT fact, face, role FROM fact_face ORDER BY fact, face;
