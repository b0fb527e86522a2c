SELECT other,
       across_verification, across_clustering, across_midpoint, across_steepness,
       across_strangers, across_even, across_crowd, across_fewer,
       across_more, across_slope, across_ceiling,
       other_verification, other_clustering, other_midpoint, other_steepness,
       other_strangers, other_even, other_crowd, other_fewer,
       other_more, other_slope, other_ceiling
FROM compatible_model WHERE model = ?1;
