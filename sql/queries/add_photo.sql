INSERT INTO photo (sha256, format, width, height, taken, perceptual_hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6);
