-- People are told apart by a rule in place of one threshold. A run by the rule has no threshold, and
-- keeps how many groups of one shot and of more there were.
CREATE TABLE new_clustering (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  created TEXT NOT NULL,
  model INTEGER NOT NULL REFERENCES model (id),
  threshold REAL,
  groups_of_one INTEGER NOT NULL DEFAULT 0,
  groups_of_more INTEGER NOT NULL DEFAULT 0,
  faces INTEGER NOT NULL,
  people INTEGER NOT NULL,
  new_people INTEGER NOT NULL,
  vanished_people INTEGER NOT NULL,
  churned_faces INTEGER NOT NULL,
  kept_names INTEGER NOT NULL,
  seconds REAL NOT NULL,
  peak_bytes INTEGER NOT NULL
) STRICT;
INSERT INTO new_clustering (id, created, model, threshold, faces, people, new_people, vanished_people,
                            churned_faces, kept_names, seconds, peak_bytes)
SELECT id, created, model, threshold, faces, people, new_people, vanished_people, churned_faces,
       kept_names, seconds, peak_bytes
FROM clustering;
DROP TABLE clustering;
ALTER TABLE new_clustering RENAME TO clustering;

-- The constants of the rule for vectors of two models, and of the other one; slope 0: not measured.
ALTER TABLE compatible_model ADD COLUMN across_strangers REAL NOT NULL DEFAULT 2;
ALTER TABLE compatible_model ADD COLUMN across_even REAL NOT NULL DEFAULT 0;
ALTER TABLE compatible_model ADD COLUMN across_crowd REAL NOT NULL DEFAULT 0;
ALTER TABLE compatible_model ADD COLUMN across_fewer REAL NOT NULL DEFAULT 0;
ALTER TABLE compatible_model ADD COLUMN across_more REAL NOT NULL DEFAULT 0;
ALTER TABLE compatible_model ADD COLUMN across_slope REAL NOT NULL DEFAULT 0;
ALTER TABLE compatible_model ADD COLUMN across_ceiling REAL NOT NULL DEFAULT 0;
ALTER TABLE compatible_model ADD COLUMN other_strangers REAL NOT NULL DEFAULT 2;
ALTER TABLE compatible_model ADD COLUMN other_even REAL NOT NULL DEFAULT 0;
ALTER TABLE compatible_model ADD COLUMN other_crowd REAL NOT NULL DEFAULT 0;
ALTER TABLE compatible_model ADD COLUMN other_fewer REAL NOT NULL DEFAULT 0;
ALTER TABLE compatible_model ADD COLUMN other_more REAL NOT NULL DEFAULT 0;
ALTER TABLE compatible_model ADD COLUMN other_slope REAL NOT NULL DEFAULT 0;
ALTER TABLE compatible_model ADD COLUMN other_ceiling REAL NOT NULL DEFAULT 0;

-- Faces that were grouped with a person who has a name, and no longer are: `facenet people review` asks.
CREATE TABLE departure (
  face INTEGER PRIMARY KEY REFERENCES face (id) ON DELETE CASCADE,
  person INTEGER NOT NULL REFERENCES person (id)
) STRICT;
CREATE INDEX departure_from ON departure (person);
