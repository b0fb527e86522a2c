DELETE FROM embedding WHERE face = ?1;
