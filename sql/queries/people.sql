SELECT person, name, hidden, merged_into FROM person_state ORDER BY person;
