SELECT person, merged_into FROM person_state
WHERE person IN (SELECT other FROM fact WHERE kind = 'merge' AND NOT undone) AND merged_into IS NOT NULL;
