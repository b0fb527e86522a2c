SELECT DISTINCT photo FROM face
WHERE marked <> 2 AND NOT EXISTS (
  SELECT 1 FROM embedding
  WHERE embedding.face = face.id
    AND embedding.model IN (?1, (SELECT other FROM compatible_model WHERE model = ?1)))
ORDER BY photo;
