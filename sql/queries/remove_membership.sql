DELETE FROM membership WHERE face = ?1;
