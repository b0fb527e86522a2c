SELECT person, name FROM person_name ORDER BY person;
