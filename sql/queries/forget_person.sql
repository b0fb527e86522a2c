DELETE FROM person
WHERE id = ?1
  AND NOT EXISTS (SELECT 1 FROM membership WHERE membership.person = person.id)
  AND NOT EXISTS (SELECT 1 FROM fact WHERE fact.person = person.id)
  AND NOT EXISTS (SELECT 1 FROM fact WHERE fact.other = person.id)
  AND NOT EXISTS (SELECT 1 FROM fact_move WHERE fact_move.source = person.id)
  AND NOT EXISTS (SELECT 1 FROM fact_move WHERE fact_move.target = person.id);
