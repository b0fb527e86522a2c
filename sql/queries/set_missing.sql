UPDATE path SET missing = ?2 WHERE path = ?1;
