#include "train/data/chip_cache.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "face/align.h"

namespace facenet {
namespace {

/// Names the format and its version.
constexpr std::string_view kMagic = "facenet chips 1\n";

constexpr int kLargestEdge = 4096;

void hash_text(Sha256Hasher& hasher, std::string_view text) {
  const std::uint64_t size = text.size();
  hasher.update(std::as_bytes(std::span(&size, 1)));
  hasher.update(std::as_bytes(std::span(text)));
}

}  // namespace

void ChipGeometry::validate() const {
  try {
    find_alignment(alignment);
  } catch (const Error& error) {
    throw UsageError(error.what());
  }
  if (edge < 1 || edge > kLargestEdge) {
    fail<UsageError>("--chip-size must lie between 1 and {}, not {}", kLargestEdge, edge);
  }
  if (margin < 0 || margin > edge) {
    fail<UsageError>("the margin around chips of {} pixels lies between 0 and {}, not {}", edge,
                     edge, margin);
  }
}

std::string ChipHeader::encode() const {
  ByteWriter out;
  out.number(edge);
  out.number(margin);
  out.number(slots);
  out.number(index_bytes);
  out.number(index);
  const Sha256 check = sha256(std::as_bytes(std::span(out.bytes())));
  std::string bytes = std::string(kMagic) + out.bytes();
  bytes.append(reinterpret_cast<const char*>(&check), sizeof(check));
  bytes.resize(kChipHeaderBytes);
  return bytes;
}

ChipHeader ChipHeader::decode(std::span<const std::byte> bytes) {
  if (bytes.size() < kMagic.size() ||
      std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    fail("it is not a file of faces that this version can read");
  }
  if (bytes.size() < kChipHeaderBytes) fail("it is cut short");
  const auto body = bytes.subspan(kMagic.size());
  ByteReader in(body);
  ChipHeader header;
  header.edge = in.number<std::uint32_t>();
  header.margin = in.number<std::uint32_t>();
  header.slots = in.number<std::uint64_t>();
  header.index_bytes = in.number<std::uint64_t>();
  header.index = in.number<Sha256>();
  constexpr std::size_t kChecked = 2 * 4 + 2 * 8 + sizeof(Sha256);
  if (in.number<Sha256>() != sha256(body.first(kChecked))) fail("its header is damaged");
  return header;
}

ChipCache::ChipCache(const std::string& path) : file_(path) {
  try {
    read();
  } catch (const Error& error) {
    fail("{}: {}; delete it to have it made again from the photos", path, error.what());
  }
}

void ChipCache::read() {
  const auto bytes = file_.bytes();
  const ChipHeader header = ChipHeader::decode(bytes);
  geometry_.edge = static_cast<int>(header.edge);
  geometry_.margin = static_cast<int>(header.margin);
  geometry_.validate();
  const std::size_t most = (bytes.size() - kChipHeaderBytes) / geometry_.bytes();
  if (header.slots > most) fail("it is cut short");
  const std::size_t index_at = kChipHeaderBytes + header.slots * geometry_.bytes();
  if (bytes.size() - index_at != header.index_bytes) fail("its length is not what it says");
  const auto index = bytes.subspan(index_at);
  if (sha256(index) != header.index) fail("its index is damaged");
  read_index(index, header.slots);
  collect_chips();
}

void ChipCache::read_index(std::span<const std::byte> bytes, std::uint64_t slots) {
  ByteReader in(bytes);
  settings_ = in.text();
  geometry_.alignment = in.text();
  geometry_.validate();  // again: now the alignment is known
  while (!in.at_end()) {
    ChipImage image;
    image.identity = in.text();
    image.record = read_record(in);
    if (image.record.has_chip() && image.record.slot >= slots) fail("its index is damaged");
    images_.push_back(std::move(image));
  }
}

void ChipCache::collect_chips() {
  Sha256Hasher hasher;
  hash_text(hasher, fmt::format("{} {} {}", geometry_.alignment, geometry_.edge, geometry_.margin));
  for (std::size_t i = 0; i < images_.size(); ++i) {
    const auto& [record, identity] = images_[i];
    if (record.outcome != ChipOutcome::kChip) continue;
    if (identities_.empty() || identities_.back() != identity) identities_.push_back(identity);
    identity_.push_back(static_cast<std::int32_t>(identities_.size()) - 1);
    chips_.push_back(i);
    hash_text(hasher, identity);
    hasher.update(std::as_bytes(std::span(record.pixels.bytes)));
  }
  fingerprint_ = hasher.finish().hex();
}

std::span<const std::uint8_t> ChipCache::slot(std::uint64_t number) const {
  const auto bytes =
      file_.bytes().subspan(kChipHeaderBytes + number * geometry_.bytes(), geometry_.bytes());
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

std::span<const std::uint8_t> ChipCache::pixels(std::size_t chip) const {
  return slot(record(chip).slot);
}

Image ChipCache::chip(std::size_t chip) const {
  Image image(geometry_.side(), geometry_.side());
  std::ranges::copy(pixels(chip), image.pixels.begin());
  return image;
}

ChipSummary ChipCache::summary() const {
  ChipSummary summary{images_.size(), size(), {}, {}, {}, {}};
  for (const auto& [record, identity] : images_) {
    switch (record.outcome) {
      case ChipOutcome::kChip:
        break;
      case ChipOutcome::kUnreadable:
        summary.unreadable.emplace_back(record.source.path, record.reason);
        break;
      case ChipOutcome::kWithoutFace:
        summary.without_face.push_back(record.source.path);
        break;
      case ChipOutcome::kDuplicate:
        summary.duplicates.push_back(record.source.path);
        break;
      case ChipOutcome::kContradiction:
        summary.contradictions.push_back(record.source.path);
        break;
    }
  }
  return summary;
}

}  // namespace facenet
