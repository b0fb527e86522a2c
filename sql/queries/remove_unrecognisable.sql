DELETE FROM unrecognisable WHERE face = ?1;
