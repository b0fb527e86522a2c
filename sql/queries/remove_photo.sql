DELETE FROM photo WHERE id = ?1;
