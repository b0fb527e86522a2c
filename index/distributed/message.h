#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/ranks.h"

namespace facenet {

/// Numbers as they lie in memory, one behind the other: ranks are one program on one kind of
/// processor. Internal to index/.
class Message {
 public:
  template <class Value>
  void put(const Value& value) {
    put_all(std::span(&value, 1));
  }

  template <class Value, std::size_t kExtent>
  void put_all(std::span<const Value, kExtent> values) {
    static_assert(std::is_trivially_copyable_v<Value>);
    const auto bytes = std::as_bytes(values);
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }

  std::size_t size() const { return bytes_.size(); }
  Bytes take() { return std::exchange(bytes_, {}); }

 private:
  Bytes bytes_;
};

/// Takes them out in the same order. Throws std::logic_error when there are no more.
class MessageReader {
 public:
  explicit MessageReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  bool at_end() const { return bytes_.empty(); }

  template <class Value>
  Value get() {
    Value value;
    get_all(std::span(&value, 1));
    return value;
  }

  template <class Value, std::size_t kExtent>
  void get_all(std::span<Value, kExtent> values) {
    static_assert(std::is_trivially_copyable_v<Value>);
    if (values.size_bytes() > bytes_.size()) {
      throw std::logic_error("Message: ends before its last value");
    }
    if (!values.empty()) std::memcpy(values.data(), bytes_.data(), values.size_bytes());
    bytes_ = bytes_.subspan(values.size_bytes());
  }

 private:
  std::span<const std::byte> bytes_;
};

/// What a rank sends at once, where it has much to send.
inline constexpr std::int64_t kBatchBytes = std::int64_t{64} << 20;

/// A message for each rank.
using Messages = std::vector<Message>;

/// Sends them, and gives what came.
inline std::vector<Bytes> exchange(Ranks& ranks, Messages& messages) {
  std::vector<Bytes> out;
  out.reserve(messages.size());
  for (Message& message : messages) out.push_back(message.take());
  return ranks.exchange(std::move(out));
}

}  // namespace facenet
