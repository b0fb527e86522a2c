-- Videos stand among the photos. Of each person in one there is one face (or a few), in the frame that
-- shows it best.
ALTER TABLE photo ADD COLUMN duration_ms INTEGER;  -- of a video; NULL: a photo
ALTER TABLE face ADD COLUMN time_ms INTEGER;       -- of its frame, from the beginning of the video; NULL: in a photo
ALTER TABLE forgotten_face ADD COLUMN time_ms INTEGER;

-- Faces of one video that were seen in one frame: they are two people. Each pair stands here once, the
-- smaller number first.
CREATE TABLE seen_together (
  face INTEGER NOT NULL REFERENCES face (id) ON DELETE CASCADE,
  other INTEGER NOT NULL REFERENCES face (id) ON DELETE CASCADE,
  PRIMARY KEY (face, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_together_with ON seen_together (other);
