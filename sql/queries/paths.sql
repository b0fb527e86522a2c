SELECT path, size, mtime_ns, photo, error, skipped, missing FROM path ORDER BY path;
