SELECT face, other FROM seen_together ORDER BY face, other;
