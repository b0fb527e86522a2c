SELECT photo FROM face WHERE id = ?1;
