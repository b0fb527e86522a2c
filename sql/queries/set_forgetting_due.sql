UPDATE forgetting SET due = ?1;
