#include "library/recluster.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <sys/resource.h>
#include <unordered_map>
#include <unordered_set>

#include "base/hash.h"
#include "base/logging.h"
#include "index/linkage/grow.h"
#include "library/attach_faces.h"
#include "library/grouping_rule.h"
#include "people/grouping/changed_since.h"

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
  if (!rule.threshold) add_to(hasher, std::vector<std::uint64_t>{input.moments_hash()});
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

/// Only the rule knows of faces that say too little.
bool goes_by_rule(const ReclusterOptions& options) {
  return !options.threshold && options.points.own.joins.is_measured();
}

std::int64_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} * 1024;
}

/// A partition of the catalog as it is when this is made: found without a lock, stored under one.
class Reclustering {
 public:
  Reclustering(const Catalog& catalog, const ReclusterOptions& options)
      : catalog_(catalog),
        options_(options),
        snapshot_(std::in_place, catalog),
        version_(catalog.data_version()),
        parts_(part_faces(clustering_input(catalog, options.model, options.allow_same_photo),
                          goes_by_rule(options))),
        input_(parts_.core),
        vectors_(catalog, options.model, input_),
        weak_vectors_(catalog, options.model, parts_.weak),
        signatures_(input_.signatures()),
        rule_(grouping_rule(catalog, options.points, options.threshold, vectors_)),
        all_signatures_(parts_.all.signatures()),
        state_(state_of(parts_.all, all_signatures_, options.model, rule_)) {
    report_.faces = parts_.all.faces.size();
    report_.faces_by_other = static_cast<std::size_t>(parts_.all.count_by_other());
    if (goes_by_rule(options)) report_.unassessed = static_cast<std::size_t>(parts_.all.unassessed);
    if (!rule_.threshold)
      report_.without_moment = static_cast<std::size_t>(parts_.all.without_moment);
    report_.unrecognisable = parts_.weak_rows.size();
    report_.threshold = rule_.threshold;
    report_.threshold_chosen = options.threshold.has_value();
  }

  /// Whether the catalog has another partition, or none.
  bool is_needed() const { return options_.rebuild || catalog_.property("partition") != state_; }
  /// Finds the groups.
  void compute();
  /// Reads the catalog as it is from now on; vectors that are read later may be others.
  void let_go() { snapshot_.reset(); }

  // After compute():
  void keep_tree(Catalog& catalog) const;
  /// Whether nothing that the groups depend on has changed since.
  bool is_current();
  /// Whether nobody has written anything since is_current() was true last: costs nothing.
  bool is_untouched() const { return catalog_.data_version() == version_; }
  /// In a transaction: lets people be of whom others have said something since.
  void leave_out_changed();
  /// In a transaction in which it is current, or what has changed is left out.
  void store(Catalog& catalog, double seconds);

  ReclusterReport& report() { return report_; }

 private:
  Clustering tree();
  Clustering tree_anew();
  Clustering instead_of_damaged_tree();
  void plan();
  std::vector<FaceId> unrecognisable_now() const;
  std::size_t gone_since(const MergeTree& tree) const;
  void remember(const Clustering& clustering);

  const Catalog& catalog_;
  const ReclusterOptions& options_;
  std::optional<Catalog::Snapshot> snapshot_;
  std::int64_t version_ = 0;
  FaceParts parts_;
  const ClusteringInput& input_;  ///< the core of the parts
  LateVectors vectors_, weak_vectors_;
  std::vector<std::uint64_t> signatures_;  ///< of the input
  GroupingRule rule_;
  std::vector<std::uint64_t> all_signatures_;
  std::string state_;
  std::vector<std::int32_t> groups_;  ///< of each face
  std::vector<HeldBack> held_back_;
  RegroupPlan plan_;
  PlanBasis basis_;                ///< of the plan
  std::optional<MergeTree> tree_;  ///< to be kept, where it is another than the catalog's
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
  const InputConstraints constraints(input_);
  const bool is_same = report_.changed_faces == 0 && gone_since(*kept) == 0;
  if (is_same && !fits(std::ssize(input_.faces), constraints.get(), tree.merges))
    return instead_of_damaged_tree();
  if (is_same && kept->ceiling >= rule_.least_ceiling()) {
    report_.computation = Computation::kCut;
    return tree;
  }
  const bool pays = (report_.changed_faces + gone_since(*kept)) * options_.faces_per_change <=
                    input_.faces.size();
  if (kept->ceiling != rule_.ceiling || !pays) return tree_anew();

  report_.computation = Computation::kGrown;
  try {
    Clustering grown =
        grow({vectors_.values(), std::ssize(input_.faces), options_.dimension}, constraints.get(),
             {tree.merges, changed}, {.threshold = rule_.ceiling, .threads = options_.threads});
    remember(grown);
    return grown;
  } catch (const std::invalid_argument&) {
    return instead_of_damaged_tree();
  }
}

Clustering Reclustering::instead_of_damaged_tree() {
  log_warning("{}: its tree of joins does not fit its faces, so that everything is computed again",
              catalog_.path());
  return tree_anew();
}

Clustering Reclustering::tree_anew() {
  report_.computation = Computation::kScratch;
  report_.changed_faces = input_.faces.size();
  const InputConstraints constraints(input_);
  Clustering whole = options_.agglomerate(
      {vectors_.values(), std::ssize(input_.faces), options_.dimension}, constraints.get(),
      {.threshold = rule_.ceiling, .threads = options_.threads});
  remember(whole);
  return whole;
}

void Reclustering::compute() {
  const Clustering joins = tree();
  if (rule_.threshold) {
    groups_ = cut(std::ssize(input_.faces), input_.block, joins.merges, *rule_.threshold).cluster;
  } else {
    JoinCut result = cut_by_rule(vectors_, rule_.joins, joins.merges);
    report_.rivals = result.rivals;
    groups_ = std::move(result.clustering.cluster);
  }
  held_back_ = hold_back(catalog_, vectors_, groups_);
  groups_ = attach_faces(parts_, vectors_, weak_vectors_, groups_, rule_.joins, report_.rivals,
                         options_.threads);
  plan();
}

void Reclustering::plan() {
  plan_ = plan_groups(catalog_, parts_.all, groups_);
  basis_ = plan_basis(catalog_);
}

void Reclustering::remember(const Clustering& clustering) {
  MergeTree& tree = tree_.emplace();
  tree.settings = kTreeSettings;
  tree.ceiling = rule_.ceiling;
  tree.faces = input_.faces;
  tree.signatures = signatures_;
  tree.merges.reserve(clustering.merges.size());
  for (const Merge& merge : clustering.merges)
    tree.merges.push_back({.first = input_.faces[static_cast<std::size_t>(merge.first)],
                           .second = input_.faces[static_cast<std::size_t>(merge.second)],
                           .height = merge.height});
}

bool Reclustering::is_current() {
  if (is_untouched()) return true;
  const Catalog::Snapshot snapshot(catalog_);
  const std::int64_t version = catalog_.data_version();
  const ClusteringInput now =
      part_faces(clustering_input(catalog_, options_.model, options_.allow_same_photo),
                 goes_by_rule(options_))
          .all;
  if (now.faces != parts_.all.faces || now.signatures() != all_signatures_ ||
      now.moments_hash() != parts_.all.moments_hash())
    return false;
  plan();  // faces may be in other people
  version_ = version;
  return true;
}

void Reclustering::keep_tree(Catalog& catalog) const {
  if (tree_) catalog.put_merge_tree(options_.model, *tree_);
}

/// Sorted. Faces that were taken away since are not.
std::vector<FaceId> Reclustering::unrecognisable_now() const {
  std::vector<FaceId> faces = parts_.weak.faces;
  if (!is_untouched()) {
    const std::map<FaceId, PersonId> present = catalog_.memberships();
    std::erase_if(faces, [&](FaceId face) { return !present.contains(face); });
  }
  std::ranges::sort(faces);
  return faces;
}

void Reclustering::leave_out_changed() {
  if (is_untouched()) return;
  report_.postponed_faces = facenet::leave_out_changed(catalog_, basis_, plan_);
  state_.clear();  // the next run looks at everything again
}

void Reclustering::store(Catalog& catalog, double seconds) {
  report_.regrouping = store_groups(catalog, std::move(plan_));
  catalog.set_unrecognisable(unrecognisable_now());
  report_.regrouping->held_back = std::move(held_back_);
  catalog.set_property("partition", state_);
  catalog.set_property("same-photo", options_.allow_same_photo ? "allowed" : "");
  const Regrouping& result = *report_.regrouping;
  catalog.add_clustering({.model = options_.model,
                          .threshold = rule_.threshold,
                          .rivals = report_.rivals,
                          .faces = std::ssize(parts_.all.faces),
                          .people = result.people,
                          .new_people = result.new_people,
                          .vanished_people = result.vanished_people,
                          .churned_faces = result.churned_faces,
                          .kept_names = result.kept_names,
                          .seconds = seconds,
                          .peak_bytes = peak_memory()});
}

/// So often changes of others are grown into the result. Who says something all the while would
/// keep it from ever being done; then people of whom something was said are left as they are.
constexpr int kMostAttempts = 4;
/// So often it is looked whether there are any.
constexpr int kMostLooks = 10;

/// Takes the lock at a time when what was found is current. What takes long is done without it.
/// False when it is not current, or others write so often that nobody can tell; then there is no
/// lock.
bool lock_when_current(Catalog& catalog, Reclustering& reclustering,
                       std::optional<Catalog::Transaction>& lock) {
  for (int look = 1; look <= kMostLooks && reclustering.is_current(); ++look) {
    lock.emplace(catalog);
    if (reclustering.is_untouched()) return true;
    lock.reset();
  }
  return false;
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

std::vector<std::string> broken_trees(const Catalog& catalog) {
  const Catalog::Snapshot snapshot(catalog);
  std::vector<std::string> lines;
  for (const ModelRecord& model : catalog.models()) {
    const auto tree = catalog.merge_tree(model.id);
    if (!tree || tree->settings != kTreeSettings) continue;
    const ClusteringInput all =
        clustering_input(catalog, model.id, catalog.property("same-photo") == "allowed");
    // By the rule it is a tree of the recognisable faces, with a threshold one of all.
    for (const bool apart : {true, false}) {
      const ClusteringInput input = part_faces(all, apart).core;
      if (tree->faces != input.faces || tree->signatures != input.signatures()) continue;
      const InputConstraints constraints(input);
      if (!fits(std::ssize(input.faces), constraints.get(), rows_of_tree(*tree, input)))
        lines.push_back(
            fmt::format("the tree of joins of model {} joins what it may not: `facenet "
                        "cluster --rebuild` makes it again",
                        model.name));
      break;
    }
  }
  return lines;
}

ReclusterReport recluster(Catalog& catalog, const ReclusterOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  ReclusterOptions now = options;
  std::optional<ReclusterReport> first;  // which says what was computed in the main
  for (int attempt = 1;; ++attempt) {
    std::optional<Catalog::Transaction> lock;
    Reclustering reclustering(catalog, now);
    ReclusterReport& report = reclustering.report();
    bool done = true;
    if (reclustering.is_needed()) {
      reclustering.compute();
      reclustering.let_go();
      reclustering.keep_tree(catalog);
      done = lock_when_current(catalog, reclustering, lock);
      if (!done && attempt == kMostAttempts) {
        lock.emplace(catalog);
        reclustering.leave_out_changed();
        done = true;
      }
      if (done) reclustering.store(catalog, elapsed());
    } else if (const auto last = catalog.last_clustering()) {
      report.rivals = last->rivals;
    }
    reclustering.let_go();
    if (lock) lock->commit();
    if (done) {
      if (first) report.computation = first->computation;
      report.seconds = elapsed();
      return std::move(report);
    }
    if (!first) first = report;
    now.rebuild = false;
  }
}

}  // namespace facenet
