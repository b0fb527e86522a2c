SELECT id, name, weights_sha256, flip, dimension, by_length, by_sharpness, by_offset
FROM model ORDER BY id;
