SELECT id, photo, x, y, width, height, score, landmarks, revision, lost FROM face WHERE id = ?1;
