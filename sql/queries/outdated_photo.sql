SELECT photo FROM outdated_photo WHERE photo = ?1;
