SELECT file FROM forgotten_file WHERE file = ?1;
