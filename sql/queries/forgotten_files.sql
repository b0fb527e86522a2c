SELECT file, photo FROM forgotten_file ORDER BY file;
