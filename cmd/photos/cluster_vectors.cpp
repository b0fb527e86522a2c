#include "cmd/photos/cluster_vectors.h"

#include <charconv>
#include <fstream>
#include <iostream>
#include <limits>
#include <vector>

#include "base/file.h"
#include "base/logging.h"
#include "base/npy.h"
#include "cmd/output.h"
#include "index/linkage/agglomerate.h"

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

Linkage linkage_of(const std::string& name) {
  if (name == "average") return Linkage::kAverage;
  if (name == "complete") return Linkage::kComplete;
  if (name == "single") return Linkage::kSingle;
  fail<UsageError>("--linkage is average, complete or single, not '{}'", name);
}

/// Flat clusters and, when it is wanted, the whole tree as a file.
Clustering cluster(const Points& points, const Constraints& constraints,
                   const VectorClusteringOptions& options, AgglomerateOptions agglomerate_options) {
  if (options.merge_tree.empty()) return agglomerate(points, constraints, agglomerate_options);
  agglomerate_options.threshold = std::numeric_limits<double>::infinity();
  const Clustering whole = agglomerate(points, constraints, agglomerate_options);
  write_npy(options.merge_tree, scipy_linkage(points.count, whole.merges), 4, options.force);
  Clustering flat = cut(points.count, constraints.block, whole.merges, options.threshold);
  flat.recall = whole.recall;
  return flat;
}

}  // namespace

ExitStatus cluster_vectors(const VectorClusteringOptions& options) {
  if (!options.threshold_given) {
    fail<UsageError>("--embeddings needs --threshold: every model has its own scale");
  }
  const AgglomerateOptions agglomerate_options{.threshold = options.threshold,
                                               .threads = options.threads,
                                               .linkage = linkage_of(options.linkage),
                                               .approximate = options.approximate};
  agglomerate_options.validate();
  if (!options.merge_tree.empty() && !options.force && file_exists(options.merge_tree)) {
    fail("{}: already exists; give --force to replace it", options.merge_tree);
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
  const Points points{matrix.values, matrix.rows, static_cast<int>(matrix.columns)};
  const Clustering clustering = cluster(points, {.photo = groups}, options, agglomerate_options);
  if (options.approximate) {
    log_info("the search found {:.2f} % of the nearest neighbours, by a sample",
             100 * clustering.recall);
  }
  if (options.json) {
    Json json{{"clusters", clustering.cluster},
              {"threshold", options.threshold},
              {"linkage", options.linkage}};
    if (options.approximate) json["recall"] = clustering.recall;
    print_json(json);
  } else {
    for (const std::int32_t cluster : clustering.cluster) std::cout << cluster << '\n';
  }
  return ExitStatus::kOk;
}

}  // namespace facenet
