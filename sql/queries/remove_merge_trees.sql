DELETE FROM merge_tree;
