SELECT
  (SELECT count(*) FROM path),
  (SELECT count(*) FROM path WHERE missing),
  (SELECT count(*) FROM path WHERE error <> ''),
  (SELECT count(*) FROM photo),
  (SELECT count(*) FROM face WHERE marked <> 2),
  (SELECT count(*) FROM embedding),
  (SELECT count(*) FROM person_state
   WHERE name <> ''
      OR EXISTS (SELECT 1 FROM membership WHERE membership.person = person_state.person)),
  (SELECT count(*) FROM person_state WHERE name <> ''),
  (SELECT count(*) FROM fact),
  (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size),
  (SELECT count(*) FROM forgotten_photo),
  (SELECT count(*) FROM forgotten_face);
