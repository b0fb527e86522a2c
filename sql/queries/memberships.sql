SELECT face, person FROM membership ORDER BY face;
