SELECT id, photo, x, y, width, height, score, landmarks FROM face WHERE photo = ?1 ORDER BY id;
