-- A face without a vector of `model` is seen by its vector of `other`: one of the two was trained to be
-- compared with the other (harmonic embeddings). The numbers say what squared distances mean, between
-- vectors of the two and between vectors of `other`, whose weights file may be gone by now.
CREATE TABLE compatible_model (
  model INTEGER PRIMARY KEY REFERENCES model (id),
  other INTEGER NOT NULL REFERENCES model (id) CHECK (other <> model),
  across_verification REAL NOT NULL,
  across_clustering REAL NOT NULL,
  across_midpoint REAL NOT NULL,
  across_steepness REAL NOT NULL,
  other_verification REAL NOT NULL,
  other_clustering REAL NOT NULL,
  other_midpoint REAL NOT NULL,
  other_steepness REAL NOT NULL
) STRICT;
