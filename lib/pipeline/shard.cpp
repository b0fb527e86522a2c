#include "pipeline/shard.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string_view>

#include "base/error.h"
#include "base/hash.h"

namespace facenet {
namespace {

constexpr int kMostShards = 1 << 16;

std::optional<int> number_in(std::string_view text, int least, int most) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  if (!is_number || number < least || number > most) return std::nullopt;
  return number;
}

/// The first bytes of a digest, as a number that is the same on every machine.
std::uint64_t number_of(const Sha256& digest) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i)
    number = number << 8 | static_cast<std::uint8_t>(digest.bytes[i]);
  return number;
}

}  // namespace

bool Shard::holds(const std::string& path) const {
  if (count == 1) return true;
  std::array<char, 1 << 16> head{};
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::int64_t size = file ? static_cast<std::int64_t>(file.tellg()) : -1;
  if (size < 0 || !file.seekg(0)) return number == 1;
  file.read(head.data(), head.size());
  if (file.bad()) return number == 1;
  Sha256Hasher hasher;
  std::array<char, sizeof size> size_bytes{};
  for (std::size_t i = 0; i < size_bytes.size(); ++i)
    size_bytes[i] = static_cast<char>(size >> (8 * i));
  hasher.update(std::as_bytes(std::span(size_bytes)));
  hasher.update(std::as_bytes(std::span(head.data(), static_cast<std::size_t>(file.gcount()))));
  return number_of(hasher.finish()) % static_cast<std::uint64_t>(count) ==
         static_cast<std::uint64_t>(number - 1);
}

Shard parse_shard(const std::string& text) {
  const std::size_t slash = text.find('/');
  if (slash != std::string::npos) {
    const std::string_view view = text;
    const auto count = number_in(view.substr(slash + 1), 1, kMostShards);
    const auto number = count ? number_in(view.substr(0, slash), 1, *count) : std::nullopt;
    if (number) return {.number = *number, .count = *count};
  }
  fail<UsageError>("--shard {}: it must be I/N, such as 1/4, 2/4, 3/4 and 4/4 for four parts",
                   text);
}

std::optional<Shard> shard_of_environment() {
  const char* const rank = std::getenv("RANK");
  const char* const size = std::getenv("WORLD_SIZE");
  if (rank == nullptr || size == nullptr) return std::nullopt;
  const auto count = number_in(size, 1, kMostShards);
  const auto number = count ? number_in(rank, 0, *count - 1) : std::nullopt;
  if (!number)
    fail<UsageError>(
        "RANK={} and WORLD_SIZE={} are not a process of several: unset them, or give --shard I/N",
        rank, size);
  if (*count == 1) return std::nullopt;
  return Shard{.number = *number + 1, .count = *count};
}

}  // namespace facenet
