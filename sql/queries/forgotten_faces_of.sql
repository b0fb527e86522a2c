SELECT x, y, width, height, time_ms FROM forgotten_face WHERE photo = ?1 ORDER BY x, y, width, height;
