SELECT id, kind, person, other, photo, undoes, value, created, undone, step FROM fact ORDER BY id;
