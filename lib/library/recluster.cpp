#include "library/recluster.h"

#include <algorithm>
#include <chrono>
#include <sys/resource.h>
#include <unordered_map>
#include <unordered_set>

#include "base/hash.h"
#include "index/linkage/grow.h"

namespace facenet {
namespace {

template <class T>
void add_to(Sha256Hasher& hasher, const std::vector<T>& values) {
  hasher.update(std::as_bytes(std::span(values)));
}

/// All that a partition depends on, as one hash: when it is that of the last run, so is the
/// partition.
std::string state_of(const ClusteringInput& input, const std::vector<std::uint64_t>& signatures,
                     ModelId model, double threshold) {
  Sha256Hasher hasher;
  add_to(hasher, input.faces);
  add_to(hasher, signatures);
  add_to(hasher, std::vector<ModelId>{model});
  add_to(hasher, std::vector<double>{threshold});
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
        signatures_(input_.signatures()) {
    const double share = input_.share_by_other();
    const double usual = options.points.between(share, share).clustering;
    threshold_ = options.threshold.value_or(usual);
    ceiling_ = std::max(options.points.highest_cut(share) + kTreeMargin, threshold_);
  }

  ReclusterReport run();

 private:
  Clustering cluster();
  Clustering cluster_anew();
  std::size_t gone_since(const MergeTree& tree) const;
  void keep_tree(const Clustering& clustering);
  void store(const Clustering& clustering, const std::string& state, double seconds);

  Catalog& catalog_;
  const ReclusterOptions& options_;
  ClusteringInput input_;
  std::vector<std::uint64_t> signatures_;
  double threshold_ = 0, ceiling_ = 0;
  ReclusterReport report_;
};

/// Faces that the tree knows and the input lacks.
std::size_t Reclustering::gone_since(const MergeTree& tree) const {
  const std::unordered_set<FaceId> present(input_.faces.begin(), input_.faces.end());
  return static_cast<std::size_t>(std::count_if(
      tree.faces.begin(), tree.faces.end(), [&](FaceId face) { return !present.contains(face); }));
}

/// The clustering at the threshold.
Clustering Reclustering::cluster() {
  if (options_.rebuild) return cluster_anew();
  const auto tree = catalog_.merge_tree(options_.model);
  if (!tree || tree->settings != kTreeSettings) return cluster_anew();

  const std::vector<std::uint8_t> changed = changes_since(*tree, input_, signatures_);
  report_.changed_faces =
      static_cast<std::size_t>(std::count(changed.begin(), changed.end(), std::uint8_t{1}));
  const std::vector<Merge> merges = rows_of_tree(*tree, input_);
  const bool is_same = report_.changed_faces == 0 && gone_since(*tree) == 0;
  const auto count = std::ssize(input_.faces);
  if (is_same && tree->ceiling >= threshold_) {
    report_.computation = Computation::kCut;
    return cut(count, input_.block, merges, threshold_);
  }
  const bool pays = (report_.changed_faces + gone_since(*tree)) * options_.faces_per_change <=
                    input_.faces.size();
  if (tree->ceiling != ceiling_ || !pays) return cluster_anew();

  report_.computation = Computation::kGrown;
  const std::vector<float> vectors = load_vectors(catalog_, options_.model, input_);
  const InputConstraints constraints(input_);
  const Clustering grown =
      grow({vectors, count, options_.dimension}, constraints.get(), {merges, changed},
           {.threshold = ceiling_, .threads = options_.threads});
  keep_tree(grown);
  return cut(count, input_.block, grown.merges, threshold_);
}

Clustering Reclustering::cluster_anew() {
  report_.computation = Computation::kScratch;
  report_.changed_faces = input_.faces.size();
  const std::vector<float> vectors = load_vectors(catalog_, options_.model, input_);
  const InputConstraints constraints(input_);
  const auto count = std::ssize(input_.faces);
  const Clustering whole = agglomerate({vectors, count, options_.dimension}, constraints.get(),
                                       {.threshold = ceiling_, .threads = options_.threads});
  keep_tree(whole);
  return cut(count, input_.block, whole.merges, threshold_);
}

void Reclustering::keep_tree(const Clustering& clustering) {
  MergeTree tree{.settings = kTreeSettings, .ceiling = ceiling_};
  tree.faces = input_.faces;
  tree.signatures = signatures_;
  tree.merges.reserve(clustering.merges.size());
  for (const Merge& merge : clustering.merges)
    tree.merges.push_back({.first = input_.faces[static_cast<std::size_t>(merge.first)],
                           .second = input_.faces[static_cast<std::size_t>(merge.second)],
                           .height = merge.height});
  catalog_.put_merge_tree(options_.model, tree);
}

void Reclustering::store(const Clustering& clustering, const std::string& state, double seconds) {
  std::vector<std::int32_t> groups = clustering.cluster;
  std::vector<HeldBack> held_back = facenet::hold_back(catalog_, options_.model, input_, groups);
  report_.regrouping = store_groups(catalog_, input_, groups);
  report_.regrouping->held_back = std::move(held_back);
  catalog_.set_property("partition", state);
  catalog_.set_property("same-photo", options_.allow_same_photo ? "allowed" : "");
  const Regrouping& result = *report_.regrouping;
  catalog_.add_clustering({.model = options_.model,
                           .threshold = threshold_,
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
  report_.threshold = threshold_;
  report_.threshold_chosen = options_.threshold.has_value();
  const std::string state = state_of(input_, signatures_, options_.model, threshold_);
  if (options_.rebuild || catalog_.property("partition") != state) {
    Catalog::Transaction transaction(catalog_);
    const Clustering clustering = cluster();
    store(clustering, state, elapsed());
    transaction.commit();
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
