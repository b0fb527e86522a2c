SELECT face FROM unrecognisable ORDER BY face;
