INSERT OR REPLACE INTO compatible_model
      (model, other,
       across_verification, across_clustering, across_midpoint, across_steepness,
       across_strangers, across_even, across_crowd, across_fewer,
       across_more, across_slope, across_ceiling,
       other_verification, other_clustering, other_midpoint, other_steepness,
       other_strangers, other_even, other_crowd, other_fewer,
       other_more, other_slope, other_ceiling)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,
        ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24);
