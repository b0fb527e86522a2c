SELECT path, size, mtime_ns, photo, error, skipped, missing FROM path WHERE photo = ?1 ORDER BY path;
