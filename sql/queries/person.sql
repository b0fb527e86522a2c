SELECT person, name, hidden, merged_into FROM person_state WHERE person = ?1;
