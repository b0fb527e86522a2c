SELECT name, group_concat(person, ', ') FROM person_state
WHERE name <> ''
GROUP BY name HAVING count(*) > 1
ORDER BY name;
