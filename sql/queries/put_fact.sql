INSERT INTO fact (id, kind, person, other, photo, undoes, value, step, created)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9);
