SELECT id, sha256, format, width, height FROM photo ORDER BY id;
