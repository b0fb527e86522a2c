SELECT fact FROM fact_face WHERE face = ?1
UNION
SELECT fact FROM fact_move WHERE face = ?1
ORDER BY fact;
