DELETE FROM seen_together WHERE face IN (SELECT id FROM face WHERE photo = ?1);
