#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/file.h"

namespace facenet {

/// The pages of an SQLite file, read without SQLite, which gives up where a file is damaged. What
/// waits in its -wal counts, up to the last commit that is whole there. Nothing is written.
/// Format: https://www.sqlite.org/fileformat2.html
class PageFile {
 public:
  /// Throws Error when the file cannot be opened or is too short for a page.
  explicit PageFile(const std::string& path);

  /// Bytes. As the file says; where its beginning is damaged, that of facenet's catalogs.
  std::size_t page_size() const { return page_size_; }
  /// Bytes at the end of each page that SQLite does not use.
  std::size_t reserved() const { return reserved_; }
  std::uint32_t count() const { return count_; }
  /// Page `number`, from 1. Empty when there is none, or the disk does not give it.
  std::vector<std::byte> page(std::uint32_t number) const;

 private:
  void read_header();
  void read_wal(const std::string& path);

  Descriptor file_;
  std::size_t page_size_ = 0, reserved_ = 0;
  std::uint32_t count_ = 0;
  std::unique_ptr<Descriptor> wal_;
  std::unordered_map<std::uint32_t, std::int64_t> in_wal_;  ///< page: where its newest version is
};

/// Big-endian, from the start of the bytes.
std::uint32_t read_u32(const std::byte* bytes);
std::uint32_t read_u16(const std::byte* bytes);

}  // namespace facenet
