DELETE FROM forgotten_face WHERE photo = ?1 RETURNING photo;
