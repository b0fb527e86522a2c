UPDATE face SET marked = ?2 WHERE id = ?1;
