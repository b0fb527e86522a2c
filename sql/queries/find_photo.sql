SELECT id FROM photo WHERE sha256 = ?1;
