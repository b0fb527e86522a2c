SELECT id FROM photo
WHERE NOT EXISTS (SELECT 1 FROM face WHERE face.photo = photo.id AND marked <> 2)
ORDER BY id;
