SELECT id, photo, x, y, width, height, score, landmarks, revision, lost, time_ms, marked FROM face WHERE marked = 2 ORDER BY id;
