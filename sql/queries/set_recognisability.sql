UPDATE model SET by_length = ?2, by_sharpness = ?3, by_offset = ?4
WHERE id = ?1 AND (by_length, by_sharpness, by_offset) IS NOT (?2, ?3, ?4);
