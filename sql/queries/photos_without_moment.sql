SELECT id FROM photo WHERE perceptual_hash IS NULL AND EXISTS (SELECT 1 FROM face WHERE face.photo = photo.id)
ORDER BY id;
