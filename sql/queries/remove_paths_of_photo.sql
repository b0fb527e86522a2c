DELETE FROM path WHERE photo = ?1;
