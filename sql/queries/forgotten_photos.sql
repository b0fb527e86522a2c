SELECT photo FROM forgotten_photo ORDER BY photo;
