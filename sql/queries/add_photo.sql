INSERT INTO photo (sha256, format, width, height, taken, perceptual_hash, duration_ms)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);
