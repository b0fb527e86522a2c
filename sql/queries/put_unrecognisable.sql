INSERT INTO unrecognisable (face) VALUES (?1);
