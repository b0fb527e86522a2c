// ranks_bench FILE.npy THRESHOLD RANKS...    what grouping the vectors costs over so many processes
//
// The processes are threads of this one that hand each other messages: what each of them computes
// and sends is the same as over a network, which takes its time besides. A line for each number of
// ranks: exchanges of messages; MiB that a rank sends and its seconds of a processor, each in the
// mean and at most; and whether the joins are those of one process.
#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <vector>

#include "../index/distributed/thread_ranks.h"
#include "base/format.h"
#include "base/npy.h"
#include "index/distributed/agglomerate.h"

namespace facenet {
namespace {

double processor_seconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Cost {
  std::int64_t exchanges = 0;
  double mebibytes = 0, seconds = 0;
};

bool same(const std::vector<Merge>& a, const std::vector<Merge>& b) {
  return std::ranges::equal(a, b, [](const Merge& x, const Merge& y) {
    return x.first == y.first && x.second == y.second && x.height == y.height;
  });
}

std::string mean_and_most(const std::vector<Cost>& costs, double Cost::*what) {
  double sum = 0, most = 0;
  for (const Cost& cost : costs) {
    sum += cost.*what;
    most = std::max(most, cost.*what);
  }
  return fmt::format("{:8.1f} {:8.1f}", sum / static_cast<double>(costs.size()), most);
}

void measure(const NpyFiles& file, double threshold, int size, const std::vector<Merge>& expected) {
  std::vector<Cost> costs(static_cast<std::size_t>(size));
  std::vector<Merge> merges;
  testing_index::ThreadRanks::run(size, [&](Ranks& ranks) {
    const Deal deal(file.rows(), ranks.rank(), size);
    std::vector<float> rows;
    deal.for_own_runs([&](std::int64_t begin, std::int64_t end) { file.read(begin, end, rows); });
    CountingRanks counting(ranks);
    const double begin = processor_seconds();
    Clustering result = agglomerate(counting, deal, static_cast<int>(file.columns()),
                                    std::move(rows), {}, {.threshold = threshold});
    costs[static_cast<std::size_t>(ranks.rank())] = {
        counting.exchanges(), static_cast<double>(counting.sent()) / (1 << 20),
        processor_seconds() - begin};
    if (ranks.rank() == 0) merges = std::move(result.merges);
  });
  std::cout << fmt::format("{:9} vectors  {:3} ranks  {:7} exchanges  MiB {}  s {}  {}\n",
                           file.rows(), size, costs.front().exchanges,
                           mean_and_most(costs, &Cost::mebibytes),
                           mean_and_most(costs, &Cost::seconds),
                           same(merges, expected) ? "same joins" : "OTHER JOINS")
            << std::flush;
}

}  // namespace
}  // namespace facenet

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: ranks_bench FILE.npy THRESHOLD RANKS...\n";
    return 2;
  }
  const facenet::NpyFiles file(argv[1]);
  const double threshold = std::atof(argv[2]);
  std::vector<float> values;
  file.read(0, file.rows(), values);
  const auto expected =
      facenet::agglomerate(facenet::Points{values, file.rows(), static_cast<int>(file.columns())},
                           {}, {.threshold = threshold, .threads = 2});
  std::vector<float>().swap(values);
  for (int i = 3; i < argc; ++i)
    facenet::measure(file, threshold, std::atoi(argv[i]), expected.merges);
}
