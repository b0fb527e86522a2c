SELECT name, group_concat(person, ', ') FROM person_name
WHERE name <> ''
GROUP BY name HAVING count(*) > 1
ORDER BY name;
