DELETE FROM departure WHERE person = ?1;
