SELECT photo, x, y, width, height, time_ms FROM face WHERE id = ?1;
