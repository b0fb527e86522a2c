SELECT face, person FROM departure ORDER BY face;
