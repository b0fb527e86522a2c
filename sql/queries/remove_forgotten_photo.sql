DELETE FROM forgotten_photo WHERE photo = ?1 RETURNING photo;
