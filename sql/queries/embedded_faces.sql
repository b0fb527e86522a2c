-- By the index of faces, which holds the model too: the vectors themselves are not read.
SELECT face FROM embedding INDEXED BY embedding_of_face WHERE model = ?1 ORDER BY face;
