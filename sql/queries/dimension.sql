SELECT dimension FROM model WHERE id = ?1;
