INSERT INTO outdated_photo (photo) VALUES (?1) ON CONFLICT (photo) DO NOTHING;
