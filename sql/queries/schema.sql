-- Without what SQLite makes by itself: indices of keys, counters, and what ANALYZE counted.
SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema
WHERE name NOT IN ('sqlite_sequence', 'sqlite_stat1', 'sqlite_stat4')
  AND NOT (type = 'index' AND name GLOB 'sqlite_autoindex_*')
ORDER BY type, name;
