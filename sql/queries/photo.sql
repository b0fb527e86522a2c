SELECT id, sha256, format, width, height FROM photo WHERE id = ?1;
