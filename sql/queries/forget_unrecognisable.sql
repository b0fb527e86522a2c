DELETE FROM unrecognisable;
