SELECT person, name, hidden, merged_into FROM person_state
WHERE person IN (SELECT person FROM fact WHERE kind = 'name' AND NOT undone) AND name <> ''
ORDER BY person;
