SELECT key, value FROM property;
