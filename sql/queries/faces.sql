SELECT id, photo, x, y, width, height, score, landmarks FROM face ORDER BY id;
