INSERT INTO path (path, size, mtime_ns, photo, error, skipped, missing) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (path) DO UPDATE SET
  size = excluded.size,
  mtime_ns = excluded.mtime_ns,
  photo = excluded.photo,
  error = excluded.error,
  skipped = excluded.skipped,
  missing = excluded.missing;
