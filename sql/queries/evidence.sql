SELECT face, length, sharpness FROM vector_evidence WHERE model = ?1 ORDER BY face;
