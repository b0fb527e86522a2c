INSERT INTO merge_tree (model, settings, ceiling, faces, signatures, merges)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (model) DO UPDATE SET
  settings = excluded.settings,
  ceiling = excluded.ceiling,
  faces = excluded.faces,
  signatures = excluded.signatures,
  merges = excluded.merges;
