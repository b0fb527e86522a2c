SELECT photo FROM outdated_photo ORDER BY photo;
