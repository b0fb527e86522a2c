-- What tells photos of one moment, such as those of a burst: of such photos a person counts once. Both are
-- NULL where an earlier facenet looked at the photo.
ALTER TABLE photo ADD COLUMN taken INTEGER;            -- by the camera's clock, in seconds since 1970; 0: not known
ALTER TABLE photo ADD COLUMN perceptual_hash INTEGER;  -- 64 bits (image/perceptual_hash.h)

-- These were not read before.
UPDATE path SET mtime_ns = -1 WHERE skipped IN ('raw', 'jpeg-xl');
