SELECT photo FROM forgotten_photo WHERE photo = ?1;
