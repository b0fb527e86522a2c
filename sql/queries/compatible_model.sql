SELECT other, across_verification, across_clustering, across_midpoint, across_steepness,
       other_verification, other_clustering, other_midpoint, other_steepness
FROM compatible_model WHERE model = ?1;
