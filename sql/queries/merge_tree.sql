SELECT settings, ceiling, faces, signatures, merges FROM merge_tree WHERE model = ?1;
