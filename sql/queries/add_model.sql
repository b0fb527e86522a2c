INSERT INTO model (name, weights_sha256, flip, dimension) VALUES (?1, ?2, ?3, ?4);
