INSERT INTO face (photo, x, y, width, height, score, landmarks, time_ms, marked)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9);
