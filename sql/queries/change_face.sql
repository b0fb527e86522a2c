UPDATE face
SET x = ?2, y = ?3, width = ?4, height = ?5, score = ?6, landmarks = ?7, time_ms = ?8, marked = ?9, revision = revision + 1
WHERE id = ?1;
