#pragma once

namespace facenet {

/// What the rule for joins takes from the model: how its distances are spread. The cosine of a
/// squared distance d is 1 - d / strangers.
///
/// The constants are a logistic regression of "is this join right?" over joins of average linkage
/// (train/eval/join_calibration.h): joins with even chances have the cosine even + crowd ln(1 +
/// rivals) - fewer / shots of the smaller side + more / shots of the larger one.
struct JoinConstants {
  double strangers = 2;  ///< mean squared distance of faces of different people
  double even = 0, crowd = 0, fewer = 0, more = 0;
  double slope = 0;    ///< how the log-odds rise with the cosine; 0: nothing was measured
  double ceiling = 0;  ///< the cosine below which nobody joins, whatever the numbers

  bool is_measured() const { return slope > 0; }
  double cosine(double squared_distance) const { return 1 - squared_distance / strangers; }
  /// The distance up to which anybody joins.
  double farthest() const { return strangers * (1 - ceiling); }
  /// Up to this distance faces are near-duplicates: copies, or photos of one burst.
  double burst() const { return 0.1 * strangers; }

  friend bool operator==(const JoinConstants&, const JoinConstants&) = default;
};

/// What models of which little is known are scaled from: fitted to mobilefacenet-512 on joins at
/// heights of 0.8 to 1.65, in half of an album of 100 people and half of LFW's people, and rounded.
/// The ceiling is by hand; results hardly depend on it.
inline constexpr JoinConstants kReferenceJoins{.strangers = 2,
                                               .even = 0.385,
                                               .crowd = 0.036,
                                               .fewer = 0.19,
                                               .more = 0.05,
                                               .slope = 38,
                                               .ceiling = 0.25};

/// The reference, where strangers get `scale` times as alike.
JoinConstants scaled_joins(const JoinConstants& reference, double strangers, double scale);

/// The reference for a model of whose strangers only this is known: the mean squared distance, and
/// the one that a pair in 10,000 is nearer than.
JoinConstants joins_of_strangers(double mean, double rare);

/// The constants where some faces have vectors of a model, and others those of an older one that it
/// is compatible with: of two vectors of the model, of one of each, of two of the older.
struct JoinConstantsByKind {
  JoinConstants own = {}, across = {}, other = {};

  static JoinConstantsByKind all(const JoinConstants& joins) { return {joins, joins, joins}; }

  /// For the mean over the pairs of two groups of which these shares (0 to 1) have vectors of the
  /// older model.
  JoinConstants between(double share_a, double share_b) const;
  /// The farthest of the kinds of pair in a group of this share.
  double farthest(double share) const;
};

/// A group of faces as the rule sees it.
struct FaceGroup {
  double faces = 1;
  double shots = 1;     ///< near-duplicates, such as the photos of a burst, count once
  double pair_sum = 0;  ///< of 2 d / strangers over all pairs
  double by_other = 0;  ///< faces with vectors of the older model

  double share_by_other() const { return by_other / faces; }
  /// Squared length of the mean vector, which is the shorter the less alike the faces are.
  double tightness() const { return 1 - pair_sum / (faces * faces); }
};

/// How many groups a group could be mistaken for.
struct Rivals {
  double of_one = 0;   ///< groups of one shot
  double of_more = 0;  ///< groups of more

  double of(double shots) const { return shots == 1 ? of_one : of_more; }
  void count(double shots) { (shots == 1 ? of_one : of_more) += 1; }

  friend bool operator==(const Rivals&, const Rivals&) = default;
};

/// The case for two groups of faces being one person.
///
/// What counts is the cosine of their mean vectors, which, unlike the mean distance of their faces,
/// does not fall as a person has photos of many years. It is held against the cosine at which one
/// person and two are as likely. The more groups of about the size of the smaller there are, the
/// more a chance likeness explains; and few faces are a mean that is not yet known well.
struct JoinEvidence {
  double cosine = 0;       ///< of the two mean vectors
  double even_cosine = 0;  ///< from which on they are more likely one person than two
  double slope = 0;        ///< of the log-odds
  bool is_near = false;    ///< the mean distance is not too far for any cosine
  bool is_burst = false;   ///< near-duplicates, which join whatever else is said

  bool passes() const { return is_burst || (is_near && cosine >= even_cosine); }
  double probability() const;
};

double even_cosine(const JoinConstants& joins, double shots_a, double shots_b,
                   const Rivals& rivals);

/// Of two groups at this mean squared distance over all pairs.
JoinEvidence weigh_join(const FaceGroup& a, const FaceGroup& b, double mean_distance,
                        const JoinConstantsByKind& joins, const Rivals& rivals);

/// The mean squared distance up to which the two would pass.
double farthest_join(const FaceGroup& a, const FaceGroup& b, const JoinConstantsByKind& joins,
                     const Rivals& rivals);

/// The two groups as one.
FaceGroup joined(const FaceGroup& a, const FaceGroup& b, double mean_distance,
                 const JoinConstantsByKind& joins);

/// The lowest cosine of two groups that are one person with this probability, whoever they are.
double least_cosine(double probability, const JoinConstants& joins, const Rivals& rivals);

}  // namespace facenet
