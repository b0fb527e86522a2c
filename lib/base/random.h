#pragma once

#include <cstdint>
#include <initializer_list>
#include <numeric>
#include <utility>
#include <vector>

namespace facenet {

/// splitmix64's finalizer (Steele, Lea and Flood, OOPSLA 2014): every bit of the result depends on
/// every bit of the value.
constexpr std::uint64_t mix_bits(std::uint64_t value) {
  value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9;
  value = (value ^ value >> 27) * 0x94D049BB133111EB;
  return value ^ value >> 31;
}

/// What splitmix64 adds at each step, 2^64 over the golden ratio: it sets 0 and its neighbours
/// apart, which mix_bits() alone leaves close.
inline constexpr std::uint64_t kSplitmixStep = 0x9E3779B97F4A7C15;

/// The first number of splitmix64 from this seed, which makes a hash of a number. Catalogs hold
/// values made with it (ClusteringInput::signatures()), so it stays as it is.
constexpr std::uint64_t splitmix64(std::uint64_t value) {
  return mix_bits(value + kSplitmixStep);
}

/// The hash of a sequence that goes on with `value`, out of that of the sequence so far (0 for an
/// empty one): the order counts.
constexpr std::uint64_t chained_hash(std::uint64_t hash, std::uint64_t value) {
  return splitmix64(hash ^ splitmix64(value));
}

/// One seed out of several numbers, whose order counts.
constexpr std::uint64_t seed_of(std::initializer_list<std::uint64_t> parts) {
  std::uint64_t seed = 0;
  for (const std::uint64_t part : parts) seed = chained_hash(seed, part);
  return seed;
}

/// splitmix64: the same numbers on every machine, which the standard library's distributions do not
/// promise; and it costs nothing to make one for each picture.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() { return mix_bits(state_ += kSplitmixStep); }
  /// From 0 to before 1.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  double uniform(double from, double to) { return from + (to - from) * uniform(); }
  bool chance(double probability) { return uniform() < probability; }
  /// From 0 to before `end` (1 to 2^32 - 1), each as likely to within 2^-32.
  std::size_t below(std::size_t end) { return (next() >> 32) * end >> 32; }

 private:
  std::uint64_t state_;
};

/// Puts `count` random elements, in random order, in front of the others (Fisher and Yates).
template <class T>
void draw_to_front(std::vector<T>& values, std::size_t count, Random& random) {
  for (std::size_t i = 0; i < count && i + 1 < values.size(); ++i) {
    std::swap(values[i], values[i + random.below(values.size() - i)]);
  }
}

/// 0 to before `size` in random order.
inline std::vector<std::size_t> shuffled(std::size_t size, std::uint64_t seed) {
  std::vector<std::size_t> order(size);
  std::iota(order.begin(), order.end(), std::size_t{0});
  Random random(seed);
  draw_to_front(order, size, random);
  return order;
}

}  // namespace facenet
