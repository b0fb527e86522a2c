-- Faces can be found anew by another detector. Those that are found again keep their numbers, and the
-- number of a face that is gone is never given to another: AUTOINCREMENT, for which the table is made anew.
CREATE TABLE new_face (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  photo INTEGER NOT NULL REFERENCES photo (id),
  x REAL NOT NULL,
  y REAL NOT NULL,
  width REAL NOT NULL,
  height REAL NOT NULL,
  score REAL NOT NULL,
  landmarks BLOB NOT NULL,  -- float32, little-endian: x0, y0, ...
  revision INTEGER NOT NULL DEFAULT 0,  -- counts how often it was found elsewhere in its photo than before
  lost INTEGER NOT NULL DEFAULT 0 CHECK (lost IN (0, 1))  -- 1: the detector does not find it (any more)
) STRICT;
INSERT INTO new_face (id, photo, x, y, width, height, score, landmarks)
SELECT id, photo, x, y, width, height, score, landmarks FROM face;
DROP TABLE face;
ALTER TABLE new_face RENAME TO face;
CREATE INDEX face_of_photo ON face (photo);

-- Photos that still have the faces that an earlier detector found.
CREATE TABLE outdated_photo (
  photo INTEGER PRIMARY KEY REFERENCES photo (id)
) STRICT;
