#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "image/image.h"
#include "train/data/chip_record.h"

namespace facenet {

/// How faces are cut for training: a template's square, and around it surroundings at the same
/// scale, so that augmentation can shift, turn and scale it without running out of pixels.
struct ChipGeometry {
  std::string alignment = "arcface-112";  ///< name of a template in face/align.h
  int edge = 112;                         ///< of the template's square, in pixels
  int margin = 16;                        ///< on each side of it

  int side() const { return edge + 2 * margin; }
  /// Of one chip: side() * side() * 3.
  std::size_t bytes() const {
    return static_cast<std::size_t>(side()) * static_cast<std::size_t>(side()) * 3;
  }
  /// Throws UsageError.
  void validate() const;
  friend bool operator==(const ChipGeometry&, const ChipGeometry&) = default;
};

/// A photo of a data set, in or left out of a cache.
struct ChipImage {
  ChipRecord record;
  std::string identity;
};

/// What became of the photos of a data set.
struct ChipSummary {
  std::size_t images = 0, chips = 0;
  std::vector<std::pair<std::string, std::string>> unreadable;  ///< path and reason
  /// Paths. A duplicate is left out; of a contradiction (the same file under two people) all are.
  std::vector<std::string> without_face, duplicates, contradictions;
};

/// The aligned faces of a data set in one file, mapped into memory: grouped by person, so that an
/// epoch reads sequentially, and no photo is decoded twice.
///
/// The file: a header of kChipHeaderBytes (magic, geometry, number of slots, where the index lies
/// and its SHA-256), the chips as slots of geometry.bytes() each, the index (settings, alignment,
/// people, a record for each photo of the data set). Slots that no kChip record names are left-out
/// duplicates.
class ChipCache {
 public:
  /// Throws Error that names the file when it is cut short, damaged in header or index, or no
  /// cache. The chips' own bytes, gigabytes as a rule, are not looked at.
  explicit ChipCache(const std::string& path);

  const std::string& path() const { return file_.path(); }
  const ChipGeometry& geometry() const { return geometry_; }
  /// How the faces were found, in the writer's words.
  const std::string& settings() const { return settings_; }

  /// Chips, ordered by person, then path of the photo.
  std::size_t size() const { return chips_.size(); }
  /// side() x side() RGB bytes, rows top to bottom.
  std::span<const std::uint8_t> pixels(std::size_t chip) const;
  Image chip(std::size_t chip) const;
  /// Of each chip, an index of identities().
  std::span<const std::int32_t> identity() const { return identity_; }
  /// Names of the people who have a chip, sorted.
  const std::vector<std::string>& identities() const { return identities_; }
  /// Path of the photo that a chip was cut from.
  const std::string& source(std::size_t chip) const { return record(chip).source.path; }

  /// SHA-256, hexadecimal, of geometry, labels and pixels: what "the same training data" means,
  /// wherever the photos lay.
  const std::string& fingerprint() const { return fingerprint_; }

  /// All photos of the data set, also those that gave no chip, ordered by person, then path.
  std::span<const ChipImage> images() const { return images_; }
  ChipSummary summary() const;

 private:
  friend class ChipCacheWriter;

  const ChipRecord& record(std::size_t chip) const { return images_[chips_[chip]].record; }
  std::span<const std::uint8_t> slot(std::uint64_t number) const;
  void read();
  void read_index(std::span<const std::byte> bytes, std::uint64_t slots);
  void collect_chips();

  MappedFile file_;
  ChipGeometry geometry_;
  std::string settings_;
  std::vector<ChipImage> images_;
  std::vector<std::size_t> chips_;  ///< their images
  std::vector<std::int32_t> identity_;
  std::vector<std::string> identities_;
  std::string fingerprint_;
};

/// Where the first slot begins: a page, so that chips can be mapped apart from the header.
inline constexpr std::size_t kChipHeaderBytes = 4096;

/// What the header says. All bytes of it are checked: a flipped one is an Error.
struct ChipHeader {
  std::uint32_t edge = 0, margin = 0;
  std::uint64_t slots = 0;
  std::uint64_t index_bytes = 0;  ///< of the index, which follows the last slot and ends the file
  Sha256 index;

  /// kChipHeaderBytes.
  std::string encode() const;
  /// Throws Error (without a path).
  static ChipHeader decode(std::span<const std::byte> bytes);
};

}  // namespace facenet
