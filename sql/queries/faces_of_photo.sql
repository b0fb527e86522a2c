SELECT id, photo, x, y, width, height, score, landmarks, revision, lost, time_ms FROM face WHERE photo = ?1 ORDER BY id;
