SELECT id, sha256, format, width, height, taken, perceptual_hash FROM photo ORDER BY id;
