DELETE FROM face WHERE id = ?1;
