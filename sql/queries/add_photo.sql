INSERT INTO photo (sha256, format, width, height) VALUES (?1, ?2, ?3, ?4);
