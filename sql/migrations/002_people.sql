-- What a user says grew from names to merges, splits, moves, rejections, answers and undoing. A fact
-- may now be about nobody (a photo), so its table is made anew: SQLite cannot drop a NOT NULL.
DROP VIEW person_name;

CREATE TABLE new_fact (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  person INTEGER REFERENCES person (id),
  other INTEGER REFERENCES person (id),  -- merge: who went into `person`; split: who came out of it; different: who else
  photo INTEGER REFERENCES photo (id),
  undoes INTEGER REFERENCES new_fact (id),
  value TEXT NOT NULL,
  created TEXT NOT NULL,
  undone INTEGER NOT NULL DEFAULT 0 CHECK (undone IN (0, 1))  -- follows from `undoes` of later rows; all else never changes
) STRICT;
INSERT INTO new_fact (id, kind, person, value, created)
SELECT id, kind, person, value, created FROM fact;
DROP TABLE fact;
ALTER TABLE new_fact RENAME TO fact;
CREATE INDEX fact_of_person ON fact (person);
CREATE INDEX fact_of_other ON fact (other);

-- 0: a face of `person` as the user saw it; 1: one of `other`; 2: one that the user pointed at.
ALTER TABLE fact_face ADD COLUMN role INTEGER NOT NULL DEFAULT 0 CHECK (role IN (0, 1, 2));

-- What a fact changed at once; undoing it changes that back.
CREATE TABLE fact_move (
  fact INTEGER NOT NULL REFERENCES fact (id),
  face INTEGER NOT NULL REFERENCES face (id),
  source INTEGER NOT NULL REFERENCES person (id),
  target INTEGER NOT NULL REFERENCES person (id),
  PRIMARY KEY (fact, face)
) STRICT, WITHOUT ROWID;
CREATE INDEX fact_move_of_face ON fact_move (face);
CREATE INDEX fact_move_from ON fact_move (source);
CREATE INDEX fact_move_to ON fact_move (target);

-- What the facts that are not undone say of each person, the last one first.
CREATE VIEW person_state AS
SELECT
  id AS person,
  CASE WHEN merged_into IS NULL THEN coalesce(name, '') ELSE '' END AS name,
  merged_into IS NULL AND coalesce(shown, 'unhide') = 'hide' AS hidden,
  merged_into
FROM (
  SELECT
    person.id,
    (SELECT fact.value FROM fact
     WHERE fact.person = person.id AND fact.kind = 'name' AND NOT fact.undone
     ORDER BY fact.id DESC LIMIT 1) AS name,
    (SELECT fact.kind FROM fact
     WHERE fact.person = person.id AND fact.kind IN ('hide', 'unhide') AND NOT fact.undone
     ORDER BY fact.id DESC LIMIT 1) AS shown,
    (SELECT fact.person FROM fact
     WHERE fact.other = person.id AND fact.kind = 'merge' AND NOT fact.undone
     ORDER BY fact.id DESC LIMIT 1) AS merged_into
  FROM person
);

-- The last merge tree of each model: what another cut, or a few new faces, need not compute again.
CREATE TABLE merge_tree (
  model INTEGER PRIMARY KEY REFERENCES model (id),
  settings TEXT NOT NULL,    -- how it was computed
  ceiling REAL NOT NULL,     -- merges above this height are not known
  faces BLOB NOT NULL,       -- int64, little-endian: ids in the order of the clustering
  signatures BLOB NOT NULL,  -- uint64 a face: what it was bound by
  merges BLOB NOT NULL       -- of two faces as int64, the height as float64
) STRICT;

-- One row for each clustering that changed something, for `facenet catalog quality`.
CREATE TABLE clustering (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  created TEXT NOT NULL,
  model INTEGER NOT NULL REFERENCES model (id),
  threshold REAL NOT NULL,
  faces INTEGER NOT NULL,
  people INTEGER NOT NULL,
  new_people INTEGER NOT NULL,
  vanished_people INTEGER NOT NULL,
  churned_faces INTEGER NOT NULL,
  kept_names INTEGER NOT NULL,
  seconds REAL NOT NULL,
  peak_bytes INTEGER NOT NULL
) STRICT;
