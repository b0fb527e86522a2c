SELECT id, name, weights_sha256, flip, dimension FROM model ORDER BY id;
