SELECT photo, x, y, width, height FROM forgotten_face ORDER BY photo, x, y, width, height;
