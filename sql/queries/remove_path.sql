DELETE FROM path WHERE path = ?1;
