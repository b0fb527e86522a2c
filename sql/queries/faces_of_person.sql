SELECT membership.face, face.id FROM membership LEFT JOIN face ON face.id = membership.face
WHERE membership.person = ?1 ORDER BY membership.face;
