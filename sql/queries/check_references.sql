SELECT "table", parent, count(*), min(rowid) FROM pragma_foreign_key_check
GROUP BY "table", parent
ORDER BY "table", parent;
