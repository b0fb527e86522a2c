#include "library/recluster.h"

#include <algorithm>
#include <chrono>
#include <sys/resource.h>
#include <unordered_map>
#include <unordered_set>

#include "base/hash.h"
#include "index/linkage/grow.h"
#include "library/grouping_rule.h"

namespace facenet {
namespace {

template <class T>
void add_to(Sha256Hasher& hasher, const std::vector<T>& values) {
  hasher.update(std::as_bytes(std::span(values)));
}

/// All that a partition depends on, as one hash: when it is that of the last run, so is the
/// partition.
std::string state_of(const ClusteringInput& input, const std::vector<std::uint64_t>& signatures,
                     ModelId model, const GroupingRule& rule) {
  Sha256Hasher hasher;
  add_to(hasher, input.faces);
  add_to(hasher, signatures);
  add_to(hasher, std::vector<ModelId>{model});
  add_to(hasher, rule.numbers());
  return hasher.finish().hex();
}

/// One entry a face of the input: 1 where the tree does not know it, or under another signature.
std::vector<std::uint8_t> changes_since(const MergeTree& tree, const ClusteringInput& input,
                                        const std::vector<std::uint64_t>& signatures) {
  std::unordered_map<FaceId, std::uint64_t> known;
  known.reserve(tree.faces.size());
  for (std::size_t i = 0; i < tree.faces.size(); ++i)
    known.emplace(tree.faces[i], tree.signatures[i]);
  std::vector<std::uint8_t> changed(input.faces.size());
  for (std::size_t i = 0; i < changed.size(); ++i) {
    const auto before = known.find(input.faces[i]);
    changed[i] = before == known.end() || before->second != signatures[i];
  }
  return changed;
}

std::int64_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} * 1024;
}

class Reclustering {
 public:
  Reclustering(Catalog& catalog, const ReclusterOptions& options)
      : catalog_(catalog),
        options_(options),
        input_(clustering_input(catalog, options.model, options.allow_same_photo)),
        vectors_(catalog, options.model, input_),
        signatures_(input_.signatures()),
        rule_(grouping_rule(catalog, options.points, options.threshold, vectors_)) {}

  ReclusterReport run();

 private:
  Clustering tree();
  Clustering tree_anew();
  std::vector<std::int32_t> groups();
  std::size_t gone_since(const MergeTree& tree) const;
  void keep_tree(const Clustering& clustering);
  void store(std::vector<std::int32_t> groups, const std::string& state, double seconds);

  Catalog& catalog_;
  const ReclusterOptions& options_;
  ClusteringInput input_;
  LateVectors vectors_;
  std::vector<std::uint64_t> signatures_;
  GroupingRule rule_;
  ReclusterReport report_;
};

/// Faces that the tree knows and the input lacks.
std::size_t Reclustering::gone_since(const MergeTree& tree) const {
  const std::unordered_set<FaceId> present(input_.faces.begin(), input_.faces.end());
  return static_cast<std::size_t>(std::count_if(
      tree.faces.begin(), tree.faces.end(), [&](FaceId face) { return !present.contains(face); }));
}

/// All joins up to the ceiling, or further.
Clustering Reclustering::tree() {
  if (options_.rebuild) return tree_anew();
  const auto kept = catalog_.merge_tree(options_.model);
  if (!kept || kept->settings != kTreeSettings) return tree_anew();

  const std::vector<std::uint8_t> changed = changes_since(*kept, input_, signatures_);
  report_.changed_faces =
      static_cast<std::size_t>(std::count(changed.begin(), changed.end(), std::uint8_t{1}));
  Clustering tree;
  tree.merges = rows_of_tree(*kept, input_);
  const bool is_same = report_.changed_faces == 0 && gone_since(*kept) == 0;
  if (is_same && kept->ceiling >= rule_.least_ceiling()) {
    report_.computation = Computation::kCut;
    return tree;
  }
  const bool pays = (report_.changed_faces + gone_since(*kept)) * options_.faces_per_change <=
                    input_.faces.size();
  if (kept->ceiling != rule_.ceiling || !pays) return tree_anew();

  report_.computation = Computation::kGrown;
  const InputConstraints constraints(input_);
  Clustering grown =
      grow({vectors_.values(), std::ssize(input_.faces), options_.dimension}, constraints.get(),
           {tree.merges, changed}, {.threshold = rule_.ceiling, .threads = options_.threads});
  keep_tree(grown);
  return grown;
}

Clustering Reclustering::tree_anew() {
  report_.computation = Computation::kScratch;
  report_.changed_faces = input_.faces.size();
  const InputConstraints constraints(input_);
  Clustering whole =
      agglomerate({vectors_.values(), std::ssize(input_.faces), options_.dimension},
                  constraints.get(), {.threshold = rule_.ceiling, .threads = options_.threads});
  keep_tree(whole);
  return whole;
}

/// Of each face.
std::vector<std::int32_t> Reclustering::groups() {
  const Clustering joins = tree();
  if (rule_.threshold)
    return cut(std::ssize(input_.faces), input_.block, joins.merges, *rule_.threshold).cluster;
  const std::vector<FaceGroup> groups = groups_of_rows(vectors_, rule_.joins);
  JoinCut result = cut_by_join_rule({.block = input_.block, .groups = groups, .joins = rule_.joins},
                                    joins.merges);
  report_.rivals = result.rivals;
  return std::move(result.clustering.cluster);
}

void Reclustering::keep_tree(const Clustering& clustering) {
  MergeTree tree{.settings = kTreeSettings, .ceiling = rule_.ceiling};
  tree.faces = input_.faces;
  tree.signatures = signatures_;
  tree.merges.reserve(clustering.merges.size());
  for (const Merge& merge : clustering.merges)
    tree.merges.push_back({.first = input_.faces[static_cast<std::size_t>(merge.first)],
                           .second = input_.faces[static_cast<std::size_t>(merge.second)],
                           .height = merge.height});
  catalog_.put_merge_tree(options_.model, tree);
}

void Reclustering::store(std::vector<std::int32_t> groups, const std::string& state,
                         double seconds) {
  std::vector<HeldBack> held_back = facenet::hold_back(catalog_, vectors_, groups);
  report_.regrouping = store_groups(catalog_, input_, groups);
  report_.regrouping->held_back = std::move(held_back);
  catalog_.set_property("partition", state);
  catalog_.set_property("same-photo", options_.allow_same_photo ? "allowed" : "");
  const Regrouping& result = *report_.regrouping;
  catalog_.add_clustering({.model = options_.model,
                           .threshold = rule_.threshold,
                           .rivals = report_.rivals,
                           .faces = std::ssize(input_.faces),
                           .people = result.people,
                           .new_people = result.new_people,
                           .vanished_people = result.vanished_people,
                           .churned_faces = result.churned_faces,
                           .kept_names = result.kept_names,
                           .seconds = seconds,
                           .peak_bytes = peak_memory()});
}

ReclusterReport Reclustering::run() {
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  report_.faces = input_.faces.size();
  report_.faces_by_other = static_cast<std::size_t>(input_.count_by_other());
  report_.threshold = rule_.threshold;
  report_.threshold_chosen = options_.threshold.has_value();
  const std::string state = state_of(input_, signatures_, options_.model, rule_);
  if (options_.rebuild || catalog_.property("partition") != state) {
    Catalog::Transaction transaction(catalog_);
    std::vector<std::int32_t> found = groups();
    store(std::move(found), state, elapsed());
    transaction.commit();
  } else if (const auto last = catalog_.last_clustering()) {
    report_.rivals = last->rivals;
  }
  report_.seconds = elapsed();
  return report_;
}

}  // namespace

const char* const kTreeSettings = "average linkage, 1";

const char* to_string(Computation computation) {
  switch (computation) {
    case Computation::kNone:
      return "nothing";
    case Computation::kCut:
      return "cut";
    case Computation::kGrown:
      return "changes";
    case Computation::kScratch:
      break;
  }
  return "everything";
}

InputConstraints::InputConstraints(const ClusteringInput& input) : input_(input) {
  for (const ClusteringInput::Separation& separation : input.apart)
    apart_.push_back({.left = separation.left, .right = separation.right});
}

Constraints InputConstraints::get() const {
  return {.photo = input_.photo, .block = input_.block, .label = input_.label, .apart = apart_};
}

std::vector<Merge> rows_of_tree(const MergeTree& tree, const ClusteringInput& input) {
  std::unordered_map<FaceId, std::int64_t> row_of;
  row_of.reserve(input.faces.size());
  for (const FaceId face : input.faces) row_of.emplace(face, std::ssize(row_of));
  const auto row = [&](FaceId face) {
    const auto found = row_of.find(face);
    return found == row_of.end() ? -1 : found->second;
  };
  std::vector<Merge> merges;
  merges.reserve(tree.merges.size());
  for (const TreeMerge& merge : tree.merges)
    merges.push_back({.first = row(merge.first),
                      .second = row(merge.second),
                      .height = merge.height,
                      .size = 0});
  return merges;
}

ReclusterReport recluster(Catalog& catalog, const ReclusterOptions& options) {
  return Reclustering(catalog, options).run();
}

}  // namespace facenet
