-- As stray_rows, by the index: the vectors themselves are not read.
SELECT 'face', NULL FROM embedding INDEXED BY embedding_of_face
WHERE NOT EXISTS (SELECT 1 FROM face WHERE face.id = embedding.face)
LIMIT 1;
