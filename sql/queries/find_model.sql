SELECT id FROM model WHERE name = ?1 AND weights_sha256 = ?2 AND flip = ?3;
