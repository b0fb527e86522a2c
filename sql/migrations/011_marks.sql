-- Faces that somebody marked in another program, where no detector found one.
ALTER TABLE face ADD COLUMN marked INTEGER NOT NULL DEFAULT 0
  CHECK (marked IN (0, 1, 2));  -- 1: marked; 2: marked, but whatever said whose face it is was undone
CREATE INDEX withdrawn_face ON face (id) WHERE marked = 2;

-- Facts that were said in one step, such as those of one import, name its first, and are undone with it.
ALTER TABLE fact ADD COLUMN step INTEGER REFERENCES fact (id);
CREATE INDEX fact_of_step ON fact (step) WHERE step IS NOT NULL;
