INSERT INTO model (name, weights_sha256, flip, dimension, by_length, by_sharpness, by_offset)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);
