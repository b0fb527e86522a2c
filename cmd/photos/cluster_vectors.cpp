#include "cmd/photos/cluster_vectors.h"

#include <charconv>
#include <chrono>
#include <fstream>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "base/file.h"
#include "base/logging.h"
#include "base/npy.h"
#include "base/ranks.h"
#include "base/text.h"
#include "cmd/output.h"
#include "index/distributed/agglomerate.h"
#include "index/distributed/checkpoint.h"
#include "index/linkage/agglomerate.h"
#include "index/linkage/join_cut.h"
#include "pipeline/torch_module.h"

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

/// What is to be grouped.
struct Vectors {
  const NpyFiles& files;
  std::span<const std::int64_t> groups;
};

std::vector<float> read_rows(const NpyFiles& files, const Deal& deal) {
  std::vector<float> rows;
  rows.reserve(static_cast<std::size_t>(deal.own_count() * files.columns()));
  deal.for_own_runs([&](std::int64_t begin, std::int64_t end) { files.read(begin, end, rows); });
  return rows;
}

/// A disk that is full costs the file, not the work of hours.
void keep(LinkageCheckpoint& checkpoint, std::span<const Merge> merges) {
  try {
    checkpoint.write(merges);
  } catch (const Error& error) {
    log_warning("{}; goes on without keeping the joins", error.what());
  }
}

/// Keeps the joins so far where they are wanted, and takes up those of an earlier attempt.
Clustering agglomerate_over(Ranks& ranks, const Vectors& vectors,
                            const VectorClusteringOptions& options,
                            const AgglomerateOptions& agglomerate_options) {
  CountingRanks counting(ranks);
  const Deal deal(vectors.files.rows(), ranks.rank(), ranks.size());
  const auto dimension = static_cast<int>(vectors.files.columns());
  std::vector<float> rows = read_rows(vectors.files, deal);
  const Constraints constraints{.photo = vectors.groups};
  std::optional<LinkageCheckpoint> checkpoint;
  std::vector<Merge> done;
  if (!options.resume.empty()) {
    const std::uint64_t hash = hash_of_all(counting, deal, rows, dimension, vectors.groups);
    checkpoint.emplace(options.resume,
                       LinkageCheckpoint::Input{hash, deal.count(), agglomerate_options.threshold});
    if (ranks.rank() == 0) {
      done = checkpoint->read();
      checkpoint->write(done, std::chrono::seconds(0));  // said now where that cannot be
    }
    done = from_first_rank(counting, done);
    if (!done.empty() && ranks.rank() == 0) {
      log_info("{}: goes on after {}", options.resume, counted(std::ssize(done), "join"));
    }
  }
  Clustering result = agglomerate(counting, deal, dimension, std::move(rows), constraints,
                                  agglomerate_options, done, [&](std::span<const Merge> merges) {
                                    if (checkpoint) keep(*checkpoint, merges);
                                  });
  if (checkpoint && ranks.rank() == 0) checkpoint->remove();
  if (ranks.size() > 1) {
    log_debug("process {} of {}: {}, {:.1f} MiB sent", ranks.rank(), ranks.size(),
              counted(counting.exchanges(), "exchange"),
              static_cast<double>(counting.sent()) / (1 << 20));
  }
  return result;
}

Clustering agglomerate_alone(const Vectors& vectors, const AgglomerateOptions& options) {
  std::vector<float> values;
  vectors.files.read(0, vectors.files.rows(), values);
  return agglomerate({values, vectors.files.rows(), static_cast<int>(vectors.files.columns())},
                     {.photo = vectors.groups}, options);
}

/// Flat clusters and, when it is wanted, the whole tree as a file. Of several processes only the
/// first writes.
Clustering cluster(Ranks& ranks, const Vectors& vectors, const VectorClusteringOptions& options,
                   AgglomerateOptions agglomerate_options) {
  if (!options.merge_tree.empty())
    agglomerate_options.threshold = std::numeric_limits<double>::infinity();
  const bool is_alone = ranks.size() == 1 && options.resume.empty();
  Clustering whole = is_alone ? agglomerate_alone(vectors, agglomerate_options)
                              : agglomerate_over(ranks, vectors, options, agglomerate_options);
  const std::int64_t count = vectors.files.rows();
  if (!options.merge_tree.empty() && ranks.rank() == 0)
    write_npy(options.merge_tree, scipy_linkage(count, whole.merges), 4, options.force);
  const Constraints constraints{.photo = vectors.groups};
  if (!options.threshold_given) return flat_by_rule(count, constraints, whole, options.joins);
  if (options.merge_tree.empty()) return whole;
  Clustering flat = cut(count, constraints.block, whole.merges, options.threshold);
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
  std::unique_ptr<Ranks> ranks = ranks_of_environment();
  if (!ranks) ranks = std::make_unique<SoleRank>();
  const NpyFiles files(options.embeddings);
  std::vector<std::int64_t> groups;
  if (!options.groups.empty()) {
    groups = read_groups(options.groups);
    if (std::ssize(groups) != files.rows()) {
      fail("{}: {} lines for the {} vectors of {}", options.groups, groups.size(), files.rows(),
           options.embeddings);
    }
  }
  const Clustering clustering = cluster(*ranks, {files, groups}, options, agglomerate_options);
  if (ranks->rank() != 0) return ExitStatus::kOk;
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
