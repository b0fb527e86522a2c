SELECT person FROM membership WHERE face = ?1;
