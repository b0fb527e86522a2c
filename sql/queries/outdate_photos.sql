INSERT INTO outdated_photo (photo) SELECT id FROM photo WHERE true ON CONFLICT (photo) DO NOTHING;
