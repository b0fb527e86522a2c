#include "train/data/chip_cache_writer.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <memory>
#include <stdexcept>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

namespace facenet {
namespace {

/// Photos between two commits: some seconds of work, which a kill would lose.
constexpr int kCommitEvery = 256;

/// The journal's frame of a record: its length and the beginning of its SHA-256.
struct Frame {
  std::uint32_t bytes;
  std::uint32_t check;
};

std::uint32_t check_of(std::string_view body) {
  const Sha256 hash = sha256(std::as_bytes(std::span(body)));
  std::uint32_t check;
  std::memcpy(&check, hash.bytes.data(), sizeof(check));
  return check;
}

std::string framed(const std::string& body) {
  const Frame frame{static_cast<std::uint32_t>(body.size()), check_of(body)};
  return std::string(reinterpret_cast<const char*>(&frame), sizeof(frame)) + body;
}

/// The next record's bytes; throws Error at the torn end of a journal.
std::span<const std::byte> next_frame(ByteReader& in) {
  const auto frame = in.number<Frame>();
  const auto body = in.take(frame.bytes);
  if (check_of({reinterpret_cast<const char*>(body.data()), body.size()}) != frame.check) {
    fail("it is damaged");
  }
  return body;
}

/// Marks copies of one file: under one person all but the first, under several all.
void mark_copies(std::span<ChipImage> images) {
  std::map<Sha256, std::vector<ChipImage*>> copies;
  for (ChipImage& image : images) {
    if (image.record.has_chip()) copies[image.record.content].push_back(&image);
  }
  for (const auto& [content, group] : copies) {
    const bool contradiction = group.front()->identity != group.back()->identity;
    for (std::size_t i = contradiction ? 0 : 1; i < group.size(); ++i) {
      group[i]->record.outcome =
          contradiction ? ChipOutcome::kContradiction : ChipOutcome::kDuplicate;
    }
  }
}

}  // namespace

class ChipCacheWriter::File {
 public:
  explicit File(std::string path)
      : path_(std::move(path)),
        descriptor_(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    if (descriptor_ < 0) fail("{}: cannot be written: {}", path_, std::strerror(errno));
  }
  ~File() { ::close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  /// False when another process has it.
  bool lock() { return ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0; }

  std::uint64_t size() const {
    struct stat status {};
    check(::fstat(descriptor_, &status));
    return static_cast<std::uint64_t>(status.st_size);
  }

  void resize(std::uint64_t size) { check(::ftruncate(descriptor_, static_cast<off_t>(size))); }

  void write(std::uint64_t offset, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written =
          ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (written < 0 && errno == EINTR) continue;
      check(static_cast<int>(std::min<ssize_t>(written, 0)));
      bytes.remove_prefix(static_cast<std::size_t>(written));
      offset += static_cast<std::uint64_t>(written);
    }
  }

  void append(std::string_view bytes) { write(size(), bytes); }

  void sync() { check(::fdatasync(descriptor_)); }

 private:
  void check(int status) const {
    if (status != 0) fail("{}: cannot be written: {}", path_, std::strerror(errno));
  }

  std::string path_;
  int descriptor_;
};

ChipCacheWriter::ChipCacheWriter(const std::string& path, const ChipGeometry& geometry,
                                 const std::string& settings)
    : path_(path),
      partial_path_(path + ".partial"),
      journal_path_(path + ".journal"),
      geometry_(geometry),
      settings_(settings) {
  geometry_.validate();
  open();
}

void ChipCacheWriter::open() {
  partial_ = std::make_unique<File>(partial_path_);
  if (!partial_->lock()) {
    fail("{}: another process is making this file; wait for it, or stop it", path_);
  }
  journal_ = std::make_unique<File>(journal_path_);
  if (!read_journal()) {
    ByteWriter head;
    head.text(settings_);
    head.text(geometry_.alignment);
    head.number(geometry_.edge);
    head.number(geometry_.margin);
    journal_->resize(0);
    journal_->append(framed(head.bytes()));
  }
  partial_->resize(kChipHeaderBytes + slots_ * geometry_.bytes());
}

bool ChipCacheWriter::read_journal() {
  const MappedFile journal(journal_path_);
  const std::uint64_t chip_bytes = partial_->size() - std::min(partial_->size(), kChipHeaderBytes);
  ByteReader in(journal.bytes());
  std::size_t whole = 0;  // bytes
  try {
    ByteReader head(next_frame(in));
    ChipGeometry geometry;
    const std::string settings = head.text();
    geometry.alignment = head.text();
    geometry.edge = head.number<int>();
    geometry.margin = head.number<int>();
    if (settings != settings_ || geometry != geometry_) return false;
    for (whole = journal.bytes().size() - in.left(); !in.at_end();) {
      ByteReader body(next_frame(in));
      ChipRecord record = read_record(body);
      if (record.has_chip()) {
        // Chips are synced before their records, but a file system may lose what it promised.
        if ((record.slot + 1) * geometry_.bytes() > chip_bytes) break;
        slots_ = std::max(slots_, record.slot + 1);
      }
      records_[record.source.path] = std::move(record);
      whole = journal.bytes().size() - in.left();
    }
  } catch (const Error&) {
    // The end is torn, as a kill leaves it: what stands before it counts.
  }
  if (whole == 0) return false;
  journal_->resize(whole);
  return true;
}

ChipCacheWriter::~ChipCacheWriter() {
  try {
    commit();
  } catch (const Error&) {
    // The journal stays behind the chips, which only costs their work again.
  }
}

bool ChipCacheWriter::has(const SourceFile& source) const {
  const auto found = records_.find(source.path);
  return found != records_.end() && found->second.source == source;
}

void ChipCacheWriter::add(ChipRecord record, std::span<const std::uint8_t> pixels) {
  if (record.has_chip()) {
    if (pixels.size() != geometry_.bytes()) throw std::logic_error("a chip of another size");
    record.slot = slots_++;
    record.pixels = sha256(std::as_bytes(pixels));
    partial_->write(kChipHeaderBytes + record.slot * geometry_.bytes(),
                    {reinterpret_cast<const char*>(pixels.data()), pixels.size()});
  }
  ByteWriter out;
  write_record(out, record);
  uncommitted_ += framed(out.bytes());
  records_[record.source.path] = std::move(record);
  if (++additions_ == kCommitEvery) commit();
}

void ChipCacheWriter::add_chip(const SourceFile& source, const Sha256& content, const Image& chip) {
  ChipRecord record;
  record.source = source;
  record.outcome = ChipOutcome::kChip;
  record.content = content;
  add(std::move(record), chip.pixels);
}

void ChipCacheWriter::add_without_face(const SourceFile& source) {
  ChipRecord record;
  record.source = source;
  record.outcome = ChipOutcome::kWithoutFace;
  add(std::move(record), {});
}

void ChipCacheWriter::add_unreadable(const SourceFile& source, const std::string& reason) {
  ChipRecord record;
  record.source = source;
  record.reason = reason;
  add(std::move(record), {});
}

void ChipCacheWriter::add_from(const ChipCache& cache, std::size_t image) {
  ChipRecord record = cache.images_[image].record;
  if (!record.has_chip()) return add(std::move(record), {});
  record.outcome = ChipOutcome::kChip;  // whether it is a copy depends on the photos beside it
  const auto pixels = cache.slot(record.slot);
  add(std::move(record), pixels);
}

void ChipCacheWriter::commit() {
  additions_ = 0;
  if (uncommitted_.empty()) return;
  partial_->sync();  // or a power cut could leave records of chips that are not there
  journal_->append(uncommitted_);
  uncommitted_.clear();
}

std::string ChipCacheWriter::encode_index(std::span<const ChipImage> images) const {
  ByteWriter out;
  out.text(settings_);
  out.text(geometry_.alignment);
  for (const ChipImage& image : images) {
    out.text(image.identity);
    write_record(out, image.record);
  }
  return out.bytes();
}

void ChipCacheWriter::finish(std::vector<LabelledImage> labelled) {
  commit();
  sort_by_identity(labelled);
  std::vector<ChipImage> images;
  for (const LabelledImage& image : labelled) {
    const auto found = records_.find(image.path);
    if (found == records_.end()) throw std::logic_error("a photo that was never added");
    images.push_back({found->second, image.identity});
  }
  mark_copies(images);
  const std::string index = encode_index(images);
  const ChipHeader header{static_cast<std::uint32_t>(geometry_.edge),
                          static_cast<std::uint32_t>(geometry_.margin), slots_, index.size(),
                          sha256(std::as_bytes(std::span(index)))};
  partial_->write(kChipHeaderBytes + slots_ * geometry_.bytes(), index);
  partial_->write(0, header.encode());
  partial_->sync();
  if (std::rename(partial_path_.c_str(), path_.c_str()) != 0) {
    fail("{}: cannot put the file in place: {}", path_, std::strerror(errno));
  }
  sync_folder_of(path_);
  ::unlink(journal_path_.c_str());
}

}  // namespace facenet
