-- Tables whose next row could not be numbered. SQLite would say that the disk is full.
SELECT name FROM sqlite_sequence
WHERE typeof(seq) <> 'integer' OR seq NOT BETWEEN 0 AND 4503599627370496
UNION SELECT 'face' FROM face WHERE id > 4503599627370496
UNION SELECT 'person' FROM person WHERE id > 4503599627370496
UNION SELECT 'fact' FROM fact WHERE id > 4503599627370496
UNION SELECT 'clustering' FROM clustering WHERE id > 4503599627370496
ORDER BY name;
