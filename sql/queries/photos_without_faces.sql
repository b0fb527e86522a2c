SELECT id FROM photo
WHERE NOT EXISTS (SELECT 1 FROM face WHERE face.photo = photo.id)
ORDER BY id;
