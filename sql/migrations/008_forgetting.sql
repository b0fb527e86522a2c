-- What was forgotten, and is not to be kept if it turns up again. Photos and files stand here as SHA-256
-- of the salt and of what they are: whoever has neither cannot tell from the list which they were.
CREATE TABLE forgetting (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  salt BLOB NOT NULL CHECK (length(salt) = 32),
  due INTEGER NOT NULL DEFAULT 0 CHECK (due IN (0, 1))  -- 1: old copies of pages may still hold it
) STRICT;
INSERT INTO forgetting (id, salt) VALUES (1, randomblob(32));

-- Whole photos.
CREATE TABLE forgotten_photo (
  photo BLOB PRIMARY KEY CHECK (length(photo) = 32)
) STRICT, WITHOUT ROWID;

-- Files of these, by path, size and time: they need not be read to be left out.
CREATE TABLE forgotten_file (
  file BLOB PRIMARY KEY CHECK (length(file) = 32),
  photo BLOB NOT NULL REFERENCES forgotten_photo (photo) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX forgotten_file_of_photo ON forgotten_file (photo);

-- Places in photos that stay.
CREATE TABLE forgotten_face (
  photo BLOB NOT NULL CHECK (length(photo) = 32),
  x REAL NOT NULL,
  y REAL NOT NULL,
  width REAL NOT NULL,
  height REAL NOT NULL,
  PRIMARY KEY (photo, x, y, width, height)
) STRICT, WITHOUT ROWID;
