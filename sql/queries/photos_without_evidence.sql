SELECT DISTINCT face.photo FROM face JOIN embedding ON embedding.face = face.id
WHERE embedding.model = ?1 AND NOT EXISTS (
  SELECT 1 FROM vector_evidence WHERE vector_evidence.model = ?1 AND vector_evidence.face = face.id)
ORDER BY face.photo;
