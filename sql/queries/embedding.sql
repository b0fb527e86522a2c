SELECT vector FROM embedding WHERE model = ?1 AND face = ?2;
