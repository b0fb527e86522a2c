SELECT photo, x, y, width, height, time_ms FROM forgotten_face ORDER BY photo, x, y, width, height;
