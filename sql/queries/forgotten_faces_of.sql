SELECT x, y, width, height FROM forgotten_face WHERE photo = ?1 ORDER BY x, y, width, height;
