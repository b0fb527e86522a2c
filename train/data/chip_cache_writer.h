#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "train/data/chip_cache.h"
#include "train/data/dataset.h"

namespace facenet {

/// Makes a ChipCache photo by photo, and carries on where a writer before it was killed. What is
/// done stands in PATH.partial (the chips) and PATH.journal (a record for each photo); finish()
/// turns them into the cache. One object is for one thread.
class ChipCacheWriter {
 public:
  /// `settings`: all that chips depend on besides the photos. What was left under other settings or
  /// another geometry is dropped; torn ends of the files are cut off. Throws Error when the files
  /// cannot be written or another process is writing them.
  ChipCacheWriter(const std::string& path, const ChipGeometry& geometry,
                  const std::string& settings);
  /// Keeps what was added.
  ~ChipCacheWriter();
  ChipCacheWriter(const ChipCacheWriter&) = delete;
  ChipCacheWriter& operator=(const ChipCacheWriter&) = delete;

  /// Whether this photo was added already, and is still the same file.
  bool has(const SourceFile& source) const;

  /// A photo and its face of geometry.side() pixels a side.
  void add_chip(const SourceFile& source, const Sha256& content, const Image& chip);
  void add_without_face(const SourceFile& source);
  void add_unreadable(const SourceFile& source, const std::string& reason);
  /// What an older cache of the same geometry knows of the photo with this number.
  void add_from(const ChipCache& cache, std::size_t image);

  /// Brings what was added to the disk; done now and then by itself.
  void commit();

  /// Writes the cache of these photos, all of which must have been added (std::logic_error); of
  /// copies of one file it leaves out what ChipOutcome says. Replaces an existing cache. Nothing
  /// can be added afterwards.
  void finish(std::vector<LabelledImage> images);

 private:
  void open();
  /// True when the journal is of the same settings; then its whole records are taken over.
  bool read_journal();
  void add(ChipRecord record, std::span<const std::uint8_t> pixels);
  std::string encode_index(std::span<const ChipImage> images) const;

  /// An open file that closes itself.
  class File;

  std::string path_, partial_path_, journal_path_;
  ChipGeometry geometry_;
  std::string settings_;
  std::unique_ptr<File> partial_, journal_;
  std::uint64_t slots_ = 0;
  std::unordered_map<std::string, ChipRecord> records_;  ///< by path
  std::string uncommitted_;                              ///< of the journal
  int additions_ = 0;                                    ///< since the last commit
};

}  // namespace facenet
