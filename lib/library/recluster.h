#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "index/linkage/agglomerate.h"
#include "index/linkage/join_cut.h"
#include "people/grouping/clustering_input.h"
#include "people/grouping/regroup.h"
#include "weights/pair_points.h"

namespace facenet {

/// How far above the threshold of a model without joins the tree of joins is kept; with joins it
/// is kept up to the ceiling of the rule. Higher cuts need no search either, but the pairs to look
/// at grow fast with the height: on the album (560 faces) to 1.4 times as many at 0.1 above the
/// threshold, 2.6 times at 0.2, 5.3 times at 0.3.
inline constexpr double kTreeMargin = 0.1;

/// From the catalog to people, with as little work as what changed allows.
///
/// People are the groups of index/linkage/join_cut.h. With a threshold, and with a model of which
/// nothing but a threshold is known, they join while the mean squared distance over their pairs is
/// at most that. Where some faces still have the vectors of an older, compatible model, each kind
/// of pair has its own threshold, and the right one for two people would be the mean over their
/// pairs; but a linkage that works on sums knows no kinds, and two heights of one tree must not be
/// compared by different measures. So all are held to the mean over the pairs of the whole catalog:
/// exact before the first and after the last face has a vector of the new model, so that the change
/// of models itself moves nobody, and between no further off than the three thresholds lie apart.
/// (The least of the three would never join too much, but would tear people apart on the day of the
/// change.)
struct ReclusterOptions {
  ModelId model = 0;
  int dimension = 0;  ///< of the model's vectors
  PairPoints points = {};
  /// In place of the rule. The tree is computed and kept up to the rule's ceiling, or up to this if
  /// it is higher.
  std::optional<double> threshold = {};
  bool allow_same_photo = false;
  bool rebuild = false;  ///< disregard what is kept from earlier runs
  /// The kept tree is grown while there are so many faces for each that changed. Growing looks for
  /// a changed face's neighbours one face at a time, a clustering from scratch for those of all
  /// faces at once with matrix products, each pair at about a twentieth of the cost, but half of
  /// all pairs.
  std::size_t faces_per_change = 40;
  int threads = 1;
  /// What finds all joins anew: agglomerate(), or the same with the help of other processes.
  std::function<Clustering(const Points&, const Constraints&, const AgglomerateOptions&)>
      agglomerate = facenet::agglomerate;
};

/// How a partition was found; it is the same in every case.
enum class Computation {
  kNone,     ///< nothing had changed
  kCut,      ///< the kept tree, cut elsewhere
  kGrown,    ///< the kept tree, and the neighbours of what had changed
  kScratch,  ///< everything
};
const char* to_string(Computation computation);

struct ReclusterReport {
  Computation computation = Computation::kNone;
  std::size_t faces = 0;
  std::size_t faces_by_other = 0;   ///< of these, seen by the compatible model's vectors
  std::size_t unrecognisable = 0;   ///< of these; they make no people
  std::size_t unassessed = 0;       ///< of which it is not known
  std::size_t without_moment = 0;   ///< of which it is not known whether others are of their shot
  std::optional<double> threshold;  ///< that people were joined by; nothing: by the rule
  bool threshold_chosen = false;    ///< not the usual one
  Rivals rivals;                    ///< that the rule found
  std::size_t changed_faces = 0;    ///< new, or bound by other facts than when the tree was made
  std::optional<Regrouping> regrouping;  ///< nothing when all was as before
  /// That stay where they are until the next run, as something was said of their people, time and
  /// again, while groups were found.
  std::int64_t postponed_faces = 0;
  double seconds = 0;
};

/// Trees of joins that no clustering can have made of the faces as they are, a line for each. What
/// uses them computes them again, or refuses.
std::vector<std::string> broken_trees(const Catalog& catalog);

/// Clusters all faces of the catalog and stores who is who. Groups are found without a lock, so
/// that other processes can say something of people, or add photos, all the while. If they have,
/// their changes are grown into the result before it is stored; or, if they go on and on, what was
/// said stays as it is, and the next run sees what follows from it.
ReclusterReport recluster(Catalog& catalog, const ReclusterOptions& options);

/// The constraints of the input in the terms of index/; the input must outlive them.
class InputConstraints {
 public:
  explicit InputConstraints(const ClusteringInput& input);
  Constraints get() const;

 private:
  const ClusteringInput& input_;
  std::vector<Separation> apart_;
};

/// Joins as the catalog keeps them, by rows; -1 for a face that is not in the input (any more).
std::vector<Merge> rows_of_tree(const MergeTree& tree, const ClusteringInput& input);

/// Describes how merge trees are made, for their `settings`.
extern const char* const kTreeSettings;

}  // namespace facenet
