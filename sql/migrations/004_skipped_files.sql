-- What a file is that stands beside photos and is not read ('raw', 'video'): such files are counted by
-- kind. Those that were no photos, or could not be read, are looked at once more to learn theirs.
ALTER TABLE path ADD COLUMN skipped TEXT NOT NULL DEFAULT '';
UPDATE path SET mtime_ns = -1 WHERE photo IS NULL;
