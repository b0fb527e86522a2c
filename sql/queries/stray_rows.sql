-- Rows of the table ?1 that name another which does not exist.
SELECT parent, rowid FROM pragma_foreign_key_check(?1) LIMIT 1;
