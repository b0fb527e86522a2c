SELECT photo, x, y, width, height FROM face WHERE id = ?1;
