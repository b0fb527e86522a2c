SELECT EXISTS (SELECT 1 FROM membership WHERE person = ?1);
