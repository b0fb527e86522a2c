-- 'fNet': tells a catalog from every other SQLite file.
PRAGMA application_id = 0x664e6574;

-- A photo is its bytes.
CREATE TABLE photo (
  id INTEGER PRIMARY KEY,
  sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
  format TEXT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL
) STRICT;

-- Paths are BLOBs: a file name is bytes, and need not be UTF-8.
CREATE TABLE path (
  path BLOB PRIMARY KEY,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  photo INTEGER REFERENCES photo (id),
  error TEXT NOT NULL,
  missing INTEGER NOT NULL CHECK (missing IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX path_of_photo ON path (photo);

CREATE TABLE face (
  id INTEGER PRIMARY KEY,
  photo INTEGER NOT NULL REFERENCES photo (id),
  x REAL NOT NULL,
  y REAL NOT NULL,
  width REAL NOT NULL,
  height REAL NOT NULL,
  score REAL NOT NULL,
  landmarks BLOB NOT NULL  -- float32, little-endian: x0, y0, ...
) STRICT;
CREATE INDEX face_of_photo ON face (photo);

CREATE TABLE model (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  weights_sha256 TEXT NOT NULL,
  flip INTEGER NOT NULL CHECK (flip IN (0, 1)),
  dimension INTEGER NOT NULL CHECK (dimension > 0),
  UNIQUE (name, weights_sha256, flip)
) STRICT;

-- The key begins with the model, so that a model's vectors lie together in the order of their faces.
CREATE TABLE embedding (
  face INTEGER NOT NULL REFERENCES face (id),
  model INTEGER NOT NULL REFERENCES model (id),
  vector BLOB NOT NULL,  -- float32, little-endian
  PRIMARY KEY (model, face)
) STRICT, WITHOUT ROWID;
CREATE INDEX embedding_of_face ON embedding (face);

-- AUTOINCREMENT: the number of a person who is gone is never given to another.
CREATE TABLE person (
  id INTEGER PRIMARY KEY AUTOINCREMENT
) STRICT;

CREATE TABLE membership (
  face INTEGER PRIMARY KEY REFERENCES face (id),
  person INTEGER NOT NULL REFERENCES person (id)
) STRICT;
CREATE INDEX membership_of_person ON membership (person);

-- What a user said. Rows are only ever added.
CREATE TABLE fact (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  person INTEGER NOT NULL REFERENCES person (id),
  value TEXT NOT NULL,
  created TEXT NOT NULL
) STRICT;
CREATE INDEX fact_of_person ON fact (person);

CREATE TABLE fact_face (
  fact INTEGER NOT NULL REFERENCES fact (id),
  face INTEGER NOT NULL REFERENCES face (id),
  PRIMARY KEY (fact, face)
) STRICT, WITHOUT ROWID;
CREATE INDEX fact_face_of_face ON fact_face (face);

CREATE TABLE property (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The name of a person is what was said last.
CREATE VIEW person_name AS
SELECT
  person.id AS person,
  coalesce(
    (SELECT fact.value FROM fact
     WHERE fact.person = person.id AND fact.kind = 'name'
     ORDER BY fact.id DESC LIMIT 1),
    '') AS name
FROM person;
