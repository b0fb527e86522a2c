SELECT value FROM property WHERE key = ?1;
