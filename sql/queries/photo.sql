SELECT id, sha256, format, width, height, taken, perceptual_hash, duration_ms FROM photo WHERE id = ?1;
