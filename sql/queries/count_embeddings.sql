SELECT count(*) FROM embedding WHERE model = ?1;
