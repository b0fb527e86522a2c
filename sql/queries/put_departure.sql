INSERT OR REPLACE INTO departure (face, person) VALUES (?1, ?2);
