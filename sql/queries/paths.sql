SELECT path, size, mtime_ns, photo, error, missing FROM path ORDER BY path;
