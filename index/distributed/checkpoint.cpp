#include "index/distributed/checkpoint.h"

#include <array>
#include <cstring>
#include <filesystem>
#include <ostream>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "index/distributed/message.h"
#include "index/linkage/duplicates.h"
#include "index/points.h"

namespace facenet {
namespace {

constexpr std::string_view kMagic = "facenet joins 1\n";

/// Spreads what little two numbers differ by over all bits (splitmix64, Steele et al. 2014).
std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111eb;
  return value ^ (value >> 31U);
}

}  // namespace

LinkageCheckpoint::LinkageCheckpoint(std::string path, const Input& input)
    : path_(std::move(path)), input_(input) {}

std::vector<Merge> LinkageCheckpoint::read() const {
  std::error_code ignored;
  if (!std::filesystem::exists(path_, ignored)) return {};
  const MappedFile file(path_);
  const auto bytes = file.bytes();
  if (bytes.size() < kMagic.size() ||
      std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    fail("{}: not a file of joins; give --resume another name", path_);
  }
  try {
    MessageReader reader(bytes.subspan(kMagic.size()));
    Input input;
    input.hash = reader.get<std::uint64_t>();
    input.count = reader.get<std::int64_t>();
    input.threshold = reader.get<double>();
    if (input != input_) {
      fail(
          "{}: these are joins of other vectors, photos or another threshold; delete it or give "
          "--resume another name",
          path_);
    }
    const Sha256 digest{reader.get<std::array<std::uint8_t, 32>>()};
    const auto count = reader.get<std::uint64_t>();
    if (count > bytes.size() / sizeof(Merge)) throw std::logic_error("too many joins");
    std::vector<Merge> merges(count);
    reader.get_all(std::span(merges));
    if (!reader.at_end() || digest != sha256(std::as_bytes(std::span<const Merge>(merges))))
      throw std::logic_error("wrong joins");
    return merges;
  } catch (const std::logic_error&) {
    fail("{}: the file is damaged; delete it to begin anew", path_);
  }
}

void LinkageCheckpoint::write(std::span<const Merge> merges, std::chrono::seconds interval) {
  const auto now = std::chrono::steady_clock::now();
  if (now - written_ < interval) return;
  written_ = now;  // whether it can be written or not
  Message message;
  message.put(input_.hash);
  message.put(input_.count);
  message.put(input_.threshold);
  message.put(sha256(std::as_bytes(merges)).bytes);
  message.put(std::uint64_t{merges.size()});
  message.put_all(merges);
  const Bytes bytes = message.take();
  write_file_atomically(path_, true, [&](std::ostream& out) {
    out << kMagic;
    out.write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
  });
}

void LinkageCheckpoint::remove() const {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

std::uint64_t hash_of_all(Ranks& ranks, const Deal& deal, std::span<const float> rows,
                          int dimension, std::span<const std::int64_t> photo) {
  std::uint64_t hash = 0;  // a sum, so that it does not matter where a point is
  deal.for_own_runs([&](std::int64_t point, std::int64_t end) {
    for (; point < end; ++point) {
      const auto row = rows.subspan(index(deal.slot(point) * dimension), index(dimension));
      hash += mixed(hash_of(row) + static_cast<std::uint64_t>(point));
    }
  });
  Message message;
  message.put(hash);
  std::uint64_t all = mixed(static_cast<std::uint64_t>(dimension));
  for (const Bytes& bytes :
       ranks.exchange(std::vector<Bytes>(index(ranks.size()), message.take()))) {
    all += MessageReader(bytes).get<std::uint64_t>();
  }
  for (const std::int64_t number : photo) all = mixed(all + static_cast<std::uint64_t>(number));
  return all;
}

std::vector<Merge> from_first_rank(Ranks& ranks, std::span<const Merge> merges) {
  Messages messages(index(ranks.size()));
  if (ranks.rank() == 0) {
    for (Message& message : messages) message.put_all(merges);
  }
  const Bytes bytes = exchange(ranks, messages).front();
  std::vector<Merge> all(bytes.size() / sizeof(Merge));
  MessageReader(bytes).get_all(std::span(all));
  return all;
}

}  // namespace facenet
