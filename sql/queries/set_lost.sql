UPDATE face SET lost = ?2 WHERE id = ?1;
