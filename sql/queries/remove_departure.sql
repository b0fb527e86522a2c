DELETE FROM departure WHERE face = ?1;
