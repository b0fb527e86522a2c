-- What is known of a vector beside its direction. A table of its own, so that it can be read without
-- the vectors. Vectors of before have no row.
CREATE TABLE vector_evidence (
  model INTEGER NOT NULL,
  face INTEGER NOT NULL,
  length REAL NOT NULL,     -- before the vector was scaled to 1
  sharpness REAL NOT NULL,  -- of the face as the network saw it
  PRIMARY KEY (model, face),
  FOREIGN KEY (model, face) REFERENCES embedding (model, face) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- How the evidence of this model's vectors says which faces are recognisable; 0, 0: not measured.
ALTER TABLE model ADD COLUMN by_length REAL NOT NULL DEFAULT 0;
ALTER TABLE model ADD COLUMN by_sharpness REAL NOT NULL DEFAULT 0;
ALTER TABLE model ADD COLUMN by_offset REAL NOT NULL DEFAULT 0;

-- Faces that the last grouping found not recognisable.
CREATE TABLE unrecognisable (
  face INTEGER PRIMARY KEY REFERENCES face (id) ON DELETE CASCADE
) STRICT;
