SELECT id, kind, person, value, created FROM fact ORDER BY id;
