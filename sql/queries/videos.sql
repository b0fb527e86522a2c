SELECT id FROM photo WHERE duration_ms IS NOT NULL ORDER BY id;
