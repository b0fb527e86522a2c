DELETE FROM outdated_photo WHERE photo = ?1;
