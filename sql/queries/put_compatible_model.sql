INSERT OR REPLACE INTO compatible_model
  (model, other, across_verification, across_clustering, across_midpoint, across_steepness,
   other_verification, other_clustering, other_midpoint, other_steepness)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10);
