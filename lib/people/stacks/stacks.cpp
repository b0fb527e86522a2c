#include "people/stacks/stacks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <map>
#include <unordered_map>

namespace facenet {
namespace {

constexpr std::int64_t kMostSeconds = 60;
constexpr int kMostBits = 3;

/// The first photos of stacks, by what others are found by. A hash that differs from another in
/// three bits at most has one of four parts in common with it.
class FirstOfStacks {
 public:
  explicit FirstOfStacks(std::span<const PhotoMoment> photos) : photos_(photos) {}

  /// The first of those that the photo is one stack with; the photo where there is none.
  std::size_t find(std::size_t photo) const {
    const PhotoMoment& moment = photos_[photo];
    std::size_t first = photo;
    const auto consider = [&](std::size_t other) {
      if (other < first && are_one_stack(photos_[other], moment)) first = other;
    };
    if (moment.taken != 0)
      for (auto near = by_time_.lower_bound(moment.taken - kMostSeconds);
           near != by_time_.end() && near->first <= moment.taken + kMostSeconds; ++near)
        consider(near->second);
    for_each_part(by_part_, moment, [&](auto& by_part, std::uint16_t part) {
      const auto alike = by_part.find(part);
      if (alike != by_part.end()) std::ranges::for_each(alike->second, consider);
    });
    return first;
  }

  void add(std::size_t photo) {
    const PhotoMoment& moment = photos_[photo];
    if (moment.taken != 0) by_time_.emplace(moment.taken, photo);
    for_each_part(by_part_, moment,
                  [&](auto& by_part, std::uint16_t part) { by_part[part].push_back(photo); });
  }

 private:
  static constexpr std::size_t kParts = kMostBits + 1;
  using ByPart = std::unordered_map<std::uint16_t, std::vector<std::size_t>>;

  /// Calls `visit` with the map of each part of the photo's hash, and that part.
  template <class Maps, class Visit>
  static void for_each_part(Maps& maps, const PhotoMoment& moment, const Visit& visit) {
    constexpr std::size_t kBits = 64 / kParts;
    if (!moment.perceptual_hash) return;
    for (std::size_t i = 0; i < kParts; ++i)
      visit(maps[i], static_cast<std::uint16_t>(*moment.perceptual_hash >> (kBits * i)));
  }

  std::span<const PhotoMoment> photos_;
  std::multimap<std::int64_t, std::size_t> by_time_;
  std::array<ByPart, kParts> by_part_;
};

}  // namespace

bool are_near(const PhotoMoment& a, const PhotoMoment& b, int most_bits) {
  if (a.taken != 0 && b.taken != 0 && std::abs(a.taken - b.taken) <= kMostSeconds) return true;
  return a.perceptual_hash && b.perceptual_hash &&
         std::popcount(*a.perceptual_hash ^ *b.perceptual_hash) <= most_bits;
}

bool are_one_stack(const PhotoMoment& a, const PhotoMoment& b) {
  return are_near(a, b, kMostBits);
}

std::vector<std::size_t> stacks_of(std::span<const PhotoMoment> photos) {
  FirstOfStacks firsts(photos);
  std::vector<std::size_t> stacks;
  stacks.reserve(photos.size());
  for (std::size_t photo = 0; photo < photos.size(); ++photo) {
    stacks.push_back(firsts.find(photo));
    if (stacks.back() == photo) firsts.add(photo);
  }
  return stacks;
}

}  // namespace facenet
