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
#include "index/linkage/join_cut.h"

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

/// By the rule, of joins up to its ceiling or beyond.
Clustering flat_by_rule(std::int64_t count, const Constraints& constraints, const Clustering& tree,
                        const JoinConstants& joins) {
  const std::vector<FaceGroup> groups(static_cast<std::size_t>(count));
  JoinCut cut = cut_by_join_rule(
      {.block = constraints.block, .groups = groups, .joins = JoinConstantsByKind::all(joins)},
      tree.merges);
  cut.clustering.recall = tree.recall;
  return std::move(cut.clustering);
}

/// Flat clusters and, when it is wanted, the whole tree as a file.
Clustering cluster(const Points& points, const Constraints& constraints,
                   const VectorClusteringOptions& options, AgglomerateOptions agglomerate_options) {
  if (!options.merge_tree.empty())
    agglomerate_options.threshold = std::numeric_limits<double>::infinity();
  Clustering whole = agglomerate(points, constraints, agglomerate_options);
  if (!options.merge_tree.empty())
    write_npy(options.merge_tree, scipy_linkage(points.count, whole.merges), 4, options.force);
  if (!options.threshold_given)
    return flat_by_rule(points.count, constraints, whole, options.joins);
  if (options.merge_tree.empty()) return whole;
  Clustering flat = cut(points.count, constraints.block, whole.merges, options.threshold);
  flat.recall = whole.recall;
  return flat;
}

}  // namespace

ExitStatus cluster_vectors(const VectorClusteringOptions& options) {
  if (!options.threshold_given && !options.joins.is_measured())
    fail<UsageError>(
        "--embeddings needs --threshold, or the --model that made the vectors: every model has its "
        "own scale");
  if (!options.threshold_given && options.linkage != "average")
    fail<UsageError>("--linkage {} needs --threshold", options.linkage);
  const double ceiling = options.threshold_given ? options.threshold : options.joins.farthest();
  const AgglomerateOptions agglomerate_options{.threshold = ceiling,
                                               .threads = options.threads,
                                               .linkage = linkage_of(options.linkage),
                                               .approximate = options.approximate};
  agglomerate_options.validate();
  if (!options.merge_tree.empty()) require_free(options.merge_tree, options.force);
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
              {"rule", options.threshold_given ? "threshold" : "default"},
              {"threshold", options.threshold_given ? Json(options.threshold) : Json(nullptr)},
              {"linkage", options.linkage}};
    if (options.approximate) json["recall"] = clustering.recall;
    print_json(json);
  } else {
    for (const std::int32_t cluster : clustering.cluster) std::cout << cluster << '\n';
  }
  return ExitStatus::kOk;
}

}  // namespace facenet
