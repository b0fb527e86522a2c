#include "catalog/upkeep/page_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <span>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

namespace facenet {
namespace {

constexpr std::size_t kHeaderSize = 100;
/// That of the catalogs that facenet makes.
constexpr std::size_t kUsualPageSize = 16384;
constexpr std::size_t kWalHeaderSize = 32;
constexpr std::size_t kFrameHeaderSize = 24;

/// False where the disk does not give all of it.
bool read_at(int descriptor, std::int64_t offset, std::span<std::byte> target) {
  while (!target.empty()) {
    const ssize_t got = ::pread(descriptor, target.data(), target.size(), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    target = target.subspan(static_cast<std::size_t>(got));
    offset += got;
  }
  return true;
}

std::int64_t size_of(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 ? static_cast<std::int64_t>(status.st_size) : 0;
}

bool is_page_size(std::size_t size) {
  return size >= 512 && size <= 65536 && std::has_single_bit(size);
}

/// The running checksum of a -wal.
class WalChecksum {
 public:
  explicit WalChecksum(bool big_endian) : big_endian_(big_endian) {}
  void add(std::span<const std::byte> bytes) {
    for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
      first_ += word(bytes.data() + i) + second_;
      second_ += word(bytes.data() + i + 4) + first_;
    }
  }
  bool is(const std::byte* stored) const {
    return read_u32(stored) == first_ && read_u32(stored + 4) == second_;
  }

 private:
  std::uint32_t word(const std::byte* bytes) const {
    if (big_endian_) return read_u32(bytes);
    std::uint32_t value = 0;
    std::memcpy(&value, bytes, sizeof value);
    return value;
  }

  bool big_endian_;
  std::uint32_t first_ = 0, second_ = 0;
};

}  // namespace

std::uint32_t read_u16(const std::byte* bytes) {
  return std::to_integer<std::uint32_t>(bytes[0]) << 8 | std::to_integer<std::uint32_t>(bytes[1]);
}

std::uint32_t read_u32(const std::byte* bytes) {
  return read_u16(bytes) << 16 | read_u16(bytes + 2);
}

PageFile::PageFile(const std::string& path) try : file_(path) {
  read_header();
  count_ = static_cast<std::uint32_t>(size_of(file_.get()) / static_cast<std::int64_t>(page_size_));
  read_wal(path + "-wal");
  if (count_ == 0) fail("is too short for a catalog: give another file");
} catch (const Error& error) {
  fail("{}: {}", path, error.what());
}

void PageFile::read_header() {
  page_size_ = kUsualPageSize;
  std::array<std::byte, kHeaderSize> header{};
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  if (!read_at(file_.get(), 0, header) ||
      std::memcmp(header.data(), kMagic.data(), kMagic.size()) != 0)
    return;
  const std::size_t stored = read_u16(header.data() + 16);
  const std::size_t size = stored == 1 ? 65536 : stored;
  if (!is_page_size(size)) return;
  page_size_ = size;
  reserved_ = std::min<std::size_t>(std::to_integer<std::size_t>(header[20]), size - 480);
}

void PageFile::read_wal(const std::string& path) {
  if (!file_exists(path)) return;
  try {
    wal_ = std::make_unique<Descriptor>(path);
  } catch (const Error&) {
    return;  // then the file is all there is
  }
  std::array<std::byte, kWalHeaderSize> header{};
  if (!read_at(wal_->get(), 0, header)) return;
  const std::uint32_t magic = read_u32(header.data());
  if ((magic & ~1U) != 0x377f0682U || read_u32(header.data() + 8) != page_size_) return;
  WalChecksum checksum((magic & 1U) != 0);
  checksum.add(std::span(header).first(24));
  if (!checksum.is(header.data() + 24)) return;

  std::unordered_map<std::uint32_t, std::int64_t> uncommitted;
  std::vector<std::byte> frame(kFrameHeaderSize + page_size_);
  for (std::int64_t at = kWalHeaderSize; read_at(wal_->get(), at, frame);
       at += static_cast<std::int64_t>(frame.size())) {
    checksum.add(std::span(frame).first(8));
    checksum.add(std::span(frame).subspan(kFrameHeaderSize));
    if (std::memcmp(frame.data() + 8, header.data() + 16, 8) != 0 ||
        !checksum.is(frame.data() + 16))
      return;
    uncommitted[read_u32(frame.data())] = at + static_cast<std::int64_t>(kFrameHeaderSize);
    if (const std::uint32_t pages = read_u32(frame.data() + 4); pages != 0) {
      for (const auto& [page, place] : uncommitted) in_wal_.insert_or_assign(page, place);
      uncommitted.clear();
      count_ = pages;
    }
  }
}

std::vector<std::byte> PageFile::page(std::uint32_t number) const {
  if (number == 0 || number > count_) return {};
  std::vector<std::byte> bytes(page_size_);
  const auto newer = in_wal_.find(number);
  const bool read =
      newer == in_wal_.end()
          ? read_at(file_.get(),
                    static_cast<std::int64_t>(number - 1) * static_cast<std::int64_t>(page_size_),
                    bytes)
          : read_at(wal_->get(), newer->second, bytes);
  if (!read) bytes.clear();
  return bytes;
}

}  // namespace facenet
