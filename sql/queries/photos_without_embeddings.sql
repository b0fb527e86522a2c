SELECT DISTINCT photo FROM face
WHERE marked <> 2 AND NOT EXISTS (SELECT 1 FROM embedding WHERE embedding.model = ?1 AND embedding.face = face.id)
ORDER BY photo;
