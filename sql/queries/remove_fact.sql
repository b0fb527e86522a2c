DELETE FROM fact WHERE id = ?1;
