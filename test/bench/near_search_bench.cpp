// near_search_bench FILE.npy RADIUS THREADS ours
// near_search_bench FILE.npy RADIUS THREADS faiss PROBES
//
// Finds for each row its nearest 48 within the squared distance RADIUS, with approximate_graph() or
// with faiss::IndexIVFFlat over lists of the same mean size, trained in the same way. One line:
// wall seconds, processor seconds, recall, pairs. The recall is that of approximate_graph():
// of a sample of rows, the share of the ten nearest within the radius that either row found.
// scripts/bench/near_search.py calls it.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <iostream>
#include <numeric>
#include <omp.h>
#include <random>
#include <string>
#include <vector>

#include <faiss/IndexFlat.h>
#include <faiss/IndexIVFFlat.h>

#include "base/distance.h"
#include "base/error.h"
#include "base/format.h"
#include "base/npy.h"
#include "index/linkage/approximate.h"
#include "index/parallel.h"

namespace facenet {
namespace {

constexpr std::int64_t kNeighbours = 48;  // as approximate_graph()
constexpr std::int64_t kListSize = 64;

using Found = std::vector<std::vector<std::int64_t>>;  // ascending

Found found_by_ours(const Points& points, double radius, int threads) {
  const NearGraph graph = approximate_graph(points, radius, threads, {}).graph;
  Found found(index(points.count));
  for (std::size_t i = 0; i < found.size(); ++i) {
    found[i].assign(graph.neighbours.begin() + graph.offsets[i],
                    graph.neighbours.begin() + graph.offsets[i + 1]);
  }
  return found;
}

Found found_by_faiss(const Points& points, double radius, int threads, std::size_t probes) {
  omp_set_num_threads(threads);
  faiss::IndexFlatL2 quantizer(points.dimension);
  faiss::IndexIVFFlat lists(&quantizer, index(points.dimension), index(points.count / kListSize));
  lists.cp.niter = 4;
  lists.cp.seed = 1;
  lists.cp.min_points_per_centroid = 1;
  lists.cp.max_points_per_centroid = 12;
  lists.train(points.count, points.values.data());
  lists.add(points.count, points.values.data());
  lists.nprobe = probes;
  constexpr std::int64_t kWanted = kNeighbours + 1;  // the row itself is among them
  std::vector<float> distances(index(points.count * kWanted));
  std::vector<faiss::Index::idx_t> labels(distances.size());
  lists.search(points.count, points.values.data(), kWanted, distances.data(), labels.data());
  Found found(index(points.count));
  for (std::int64_t k = 0; k < std::ssize(labels); ++k) {
    const std::int64_t i = k / kWanted, j = labels[index(k)];
    if (j >= 0 && j != i && distances[index(k)] <= radius) found[index(i)].push_back(j);
  }
  for (auto& row : found) std::ranges::sort(row);
  return found;
}

/// Of row `i`, nearest first, by brute force.
std::vector<std::int64_t> nearest_ten(const Points& points, double radius, std::int64_t i) {
  std::vector<std::pair<double, std::int64_t>> near;
  for (std::int64_t j = 0; j < points.count; ++j) {
    const double distance = squared_distance(points.row(i), points.row(j));
    if (j != i && distance <= radius) near.emplace_back(distance, j);
  }
  std::ranges::sort(near);
  std::vector<std::int64_t> ten;
  for (std::size_t k = 0; k < near.size() && k < 10; ++k) ten.push_back(near[k].second);
  return ten;
}

double recall_of(const Points& points, double radius, const Found& found) {
  std::vector<std::int64_t> every(index(points.count)), sample;
  std::iota(every.begin(), every.end(), 0);
  std::ranges::sample(every, std::back_inserter(sample), 512, std::mt19937_64(3));
  const auto has = [&](std::int64_t a, std::int64_t b) {
    return std::ranges::binary_search(found[index(a)], b);
  };
  std::atomic<std::int64_t> held = 0, all = 0;
  parallel_for(std::ssize(sample), omp_get_num_procs(), [&](std::int64_t k) {
    const std::int64_t i = sample[index(k)];
    for (const std::int64_t j : nearest_ten(points, radius, i)) {
      ++all;
      if (has(i, j) || has(j, i)) ++held;
    }
  });
  return static_cast<double>(held) / static_cast<double>(std::max<std::int64_t>(1, all));
}

void bench(const std::vector<std::string>& words) {
  if (words.size() != 5 && words.size() != 6) fail("see the head of near_search_bench.cpp");
  const NpyMatrix matrix = read_npy(words[1]);
  const Points points{matrix.values, matrix.rows, static_cast<int>(matrix.columns)};
  const double radius = std::stod(words[2]);
  const int threads = std::stoi(words[3]);

  const auto start = std::chrono::steady_clock::now();
  const std::clock_t processor_start = std::clock();
  const Found found = words[4] == "ours"
                          ? found_by_ours(points, radius, threads)
                          : found_by_faiss(points, radius, threads, std::stoul(words.at(5)));
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  const double processor = static_cast<double>(std::clock() - processor_start) / CLOCKS_PER_SEC;

  std::int64_t pairs = 0;
  for (const auto& row : found) pairs += std::ssize(row);
  std::cout << fmt::format("{:.2f} {:.2f} {:.4f} {}\n", wall.count(), processor,
                           recall_of(points, radius, found), pairs);
}

}  // namespace
}  // namespace facenet

int main(int argc, char** argv) {
  try {
    facenet::bench({argv, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "near_search_bench: " << error.what() << '\n';
    return 2;
  }
  return 0;
}
