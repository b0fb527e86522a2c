#include "cmd/cluster_vectors.h"

#include <charconv>
#include <fstream>
#include <iostream>
#include <vector>

#include "base/npy.h"
#include "cmd/output.h"
#include "index/agglomerate.h"

namespace facenet {
namespace {

/// One whole number a line; a first line that is none is a heading.
std::vector<std::int64_t> read_groups(const std::string& path) {
  std::ifstream file(path);
  if (!file) fail("{}: cannot open; give a file with one photo number a line", path);
  std::vector<std::int64_t> groups;
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    if (line.ends_with('\r')) line.pop_back();
    std::int64_t group = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), group);
    if (error == std::errc{} && end == line.data() + line.size()) {
      groups.push_back(group);
    } else if (number > 1) {
      fail("{}: line {} is '{}', not a photo number", path, number, line);
    }
  }
  return groups;
}

}  // namespace

ExitStatus cluster_vectors(const VectorClusteringOptions& options) {
  if (!options.threshold_given) {
    fail<UsageError>("--embeddings needs --threshold: every model has its own scale");
  }
  const NpyMatrix matrix = read_npy(options.embeddings);
  std::vector<std::int64_t> groups;
  if (!options.groups.empty()) {
    groups = read_groups(options.groups);
    if (std::ssize(groups) != matrix.rows) {
      fail("{}: {} lines for the {} vectors of {}", options.groups, groups.size(), matrix.rows,
           options.embeddings);
    }
  }
  const Clustering clustering =
      agglomerate({matrix.values, matrix.rows, static_cast<int>(matrix.columns)}, {.photo = groups},
                  {options.threshold, options.threads});
  if (options.json) {
    print_json({{"clusters", clustering.cluster},
                {"threshold", options.threshold},
                {"linkage", "average"}});
  } else {
    for (const std::int32_t cluster : clustering.cluster) std::cout << cluster << '\n';
  }
  return ExitStatus::kOk;
}

}  // namespace facenet
