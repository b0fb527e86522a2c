SELECT id, undoes, undone FROM fact ORDER BY id DESC;
