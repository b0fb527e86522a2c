UPDATE photo SET taken = ?2, perceptual_hash = ?3 WHERE id = ?1;
