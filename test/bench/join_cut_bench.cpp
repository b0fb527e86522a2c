// join_cut_bench COUNT...      seconds that the rule for joins takes for so many faces, a line
// each,
//                              without and with photos of one moment
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>
#include <vector>

#include "base/format.h"
#include "index/linkage/join_cut.h"

namespace facenet {
namespace {

/// A tree as a library has it: people of 1 to 50 faces that join up to 1.2, then whoever is left.
std::vector<Merge> make_tree(std::int64_t count) {
  std::mt19937 random(1);
  std::vector<Merge> merges;
  std::vector<std::int64_t> people;
  for (std::int64_t first = 0; first < count;) {
    const std::int64_t faces = std::min<std::int64_t>(1 + random() % 50, count - first);
    for (std::int64_t i = 1; i < faces; ++i)
      merges.push_back({.first = first,
                        .second = first + i,
                        .height = 0.1 + 1.1 * static_cast<double>(i) / 50,
                        .size = i + 1});
    people.push_back(first);
    first += faces;
  }
  for (std::size_t i = 1; i < people.size(); ++i)
    merges.push_back({.first = people.front(), .second = people[i], .height = 1.45, .size = 0});
  return merges;
}

/// Photos of three, taken at one time.
bool is_one_moment(std::int64_t a, std::int64_t b) {
  return a / 3 == b / 3;
}

void time_cut(std::int64_t count, const std::vector<Merge>& merges, const ShotRelation& relation) {
  const std::vector<FaceGroup> groups(static_cast<std::size_t>(count));
  const auto start = std::chrono::steady_clock::now();
  const JoinCut cut = cut_by_join_rule({.block = {},
                                        .groups = groups,
                                        .joins = JoinConstantsByKind::all(kReferenceJoins),
                                        .is_one_shot = relation},
                                       merges);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  std::cout << fmt::format("{} faces{}, {} groups: {:.3f} s\n", count,
                           relation ? ", three a moment" : "", cut.clustering.clusters,
                           taken.count());
}

}  // namespace
}  // namespace facenet

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::int64_t count = std::atoll(argv[i]);
    const std::vector<facenet::Merge> merges = facenet::make_tree(count);
    facenet::time_cut(count, merges, {});
    facenet::time_cut(count, merges, facenet::is_one_moment);
  }
}
