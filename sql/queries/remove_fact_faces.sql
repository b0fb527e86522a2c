DELETE FROM fact_face;
