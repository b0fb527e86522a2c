SELECT model, length(faces), length(signatures), length(merges) FROM merge_tree ORDER BY model;
