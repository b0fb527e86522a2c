SELECT face, vector FROM embedding WHERE model = ?1 ORDER BY face;
