SELECT id, kind, person, other, photo, undoes, value, created, undone FROM fact ORDER BY id;
