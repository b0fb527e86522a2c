#include "train/loss/triplet_loss.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "batches.h"

namespace facenet {
namespace {

constexpr double kRounding = 1e-9;    // of sums in float64
constexpr double kDifference = 1e-6;  // of finite differences

/// What plain loops over the rows of a batch come to.
struct Expected {
  double loss = 0;
  TripletStatistics statistics;
  at::Tensor gradient;  ///< for all rows
};

class Loops {
 public:
  /// Only the first `learned` rows may learn.
  Loops(const at::Tensor& rows, const at::Tensor& labels, std::int64_t learned)
      : rows_(rows), count_(rows.size(0)), learned_(learned) {
    for (std::int64_t a = 0; a < count_; ++a) {
      label_.push_back(labels[a].item<std::int64_t>());
      for (std::int64_t b = 0; b < count_; ++b) {
        squared_.push_back((rows[a] - rows[b]).square().sum().item<double>());
      }
    }
  }

  Expected semi_hard(const TripletLossOptions& options) {
    start();
    for (std::int64_t a = 0; a < count_; ++a) {
      for (std::int64_t p = 0; p < count_; ++p) {
        if (a == p || !same(a, p)) continue;
        ++result_.statistics.pairs;
        const auto n = semi_hard_negative(a, p, options.margin);
        if (n && learns(a, p, *n)) add_squared(a, p, *n, options);
      }
    }
    return finish(options);
  }

  Expected batch_hard(const TripletLossOptions& options) {
    start();
    for (std::int64_t a = 0; a < count_; ++a) {
      std::int64_t positive = -1, negative = -1;
      for (std::int64_t i = 0; i < count_; ++i) {
        if (i == a) continue;
        std::int64_t& best = same(a, i) ? positive : negative;
        result_.statistics.pairs += same(a, i);
        const bool better = best < 0 || (same(a, i) ? squared(a, i) > squared(a, best)
                                                    : squared(a, i) < squared(a, best));
        if (better) best = i;
      }
      if (positive < 0 || negative < 0 || !learns(a, positive, negative)) continue;
      add(std::sqrt(squared(a, positive) + 1e-12) - std::sqrt(squared(a, negative) + 1e-12),
          options);
    }
    return finish(options);
  }

 private:
  void start() {
    result_ = {};
    result_.gradient = at::zeros_like(rows_);
    sum_positive_ = sum_negative_ = 0;
    positives_ = negatives_ = 0;
    for (std::int64_t a = 0; a < learned_; ++a) {
      for (std::int64_t b = 0; b < count_; ++b) {
        if (a == b) continue;
        (same(a, b) ? sum_positive_ : sum_negative_) += squared(a, b);
        ++(same(a, b) ? positives_ : negatives_);
      }
    }
  }

  Expected finish(const TripletLossOptions& options) {
    TripletStatistics& statistics = result_.statistics;
    if (statistics.triplets > 0 && !options.sum) {
      result_.loss /= static_cast<double>(statistics.triplets);
      result_.gradient /= statistics.triplets;
    }
    if (positives_ > 0) statistics.mean_positive = sum_positive_ / static_cast<double>(positives_);
    if (negatives_ > 0) statistics.mean_negative = sum_negative_ / static_cast<double>(negatives_);
    return result_;
  }

  bool same(std::int64_t a, std::int64_t b) const {
    return label_[static_cast<std::size_t>(a)] == label_[static_cast<std::size_t>(b)];
  }
  bool learns(std::int64_t a, std::int64_t p, std::int64_t n) const {
    return std::min({a, p, n}) < learned_;
  }
  double squared(std::int64_t a, std::int64_t b) const {
    return squared_[static_cast<std::size_t>(a * count_ + b)];
  }

  std::optional<std::int64_t> semi_hard_negative(std::int64_t a, std::int64_t p, double margin) {
    std::optional<std::int64_t> best;
    for (std::int64_t n = 0; n < count_; ++n) {
      if (same(a, n)) continue;
      const bool semi_hard =
          squared(a, n) > squared(a, p) && squared(a, n) < squared(a, p) + margin;
      if (semi_hard && (!best || squared(a, n) < squared(a, *best))) best = n;
    }
    return best;
  }

  double add(double difference, const TripletLossOptions& options) {
    const double loss = options.soft_margin ? std::log1p(std::exp(difference))
                                            : std::max(0.0, difference + options.margin);
    result_.loss += loss;
    ++result_.statistics.triplets;
    result_.statistics.active += loss > 0;
    return options.soft_margin ? 1 / (1 + std::exp(-difference)) : (loss > 0 ? 1 : 0);
  }

  void add_squared(std::int64_t a, std::int64_t p, std::int64_t n,
                   const TripletLossOptions& options) {
    const double slope = add(squared(a, p) - squared(a, n), options);
    result_.gradient[a] += 2 * slope * (rows_[n] - rows_[p]);
    result_.gradient[p] += 2 * slope * (rows_[p] - rows_[a]);
    result_.gradient[n] += 2 * slope * (rows_[a] - rows_[n]);
  }

  at::Tensor rows_;
  std::int64_t count_, learned_;
  std::vector<std::int64_t> label_;
  std::vector<double> squared_;
  Expected result_;
  double sum_positive_ = 0, sum_negative_ = 0;
  std::int64_t positives_ = 0, negatives_ = 0;
};

void expect_statistics(const TripletStatistics& got, const TripletStatistics& expected) {
  EXPECT_EQ(got.pairs, expected.pairs);
  EXPECT_EQ(got.triplets, expected.triplets);
  EXPECT_EQ(got.active, expected.active);
  EXPECT_NEAR(got.mean_positive, expected.mean_positive, kRounding);
  EXPECT_NEAR(got.mean_negative, expected.mean_negative, kRounding);
}

void expect_same(const Batch& batch, const TripletLossOptions& options) {
  const at::Tensor point = batch.embeddings.clone().requires_grad_(true);
  const TripletLoss got = triplet_loss(point, batch.labels, options);
  got.loss.backward();
  Loops loops(batch.embeddings, batch.labels, batch.embeddings.size(0));
  const bool is_semi_hard = options.selection == TripletSelection::kSemiHard;
  const Expected expected = is_semi_hard ? loops.semi_hard(options) : loops.batch_hard(options);
  EXPECT_NEAR(got.loss.item<double>(), expected.loss, kRounding);
  expect_statistics(got.statistics, expected.statistics);
  if (is_semi_hard) {
    EXPECT_TRUE(at::allclose(point.grad(), expected.gradient, 0, kRounding));
  }
}

/// Unit rows between which all squared distances are multiples of 0.5, exactly: full of ties and of
/// duplicates, of one person and of two.
Batch batch_of_ties(std::uint64_t seed, std::int64_t count, std::int64_t people) {
  at::manual_seed(seed);
  std::vector<at::Tensor> rows;
  for (std::int64_t i = 0; i < count; ++i) {
    at::Tensor row = at::zeros({6}, at::kDouble);
    row.index_put_({at::randperm(6).narrow(0, 0, 4)}, at::randint(0, 2, {4}, at::kDouble) - 0.5);
    rows.push_back(row);
  }
  return {at::stack(rows), at::randint(0, people, {count}, at::kLong)};
}

const TripletLossOptions kBatchHard = {.selection = TripletSelection::kBatchHard};

TEST(TripletLoss, SemiHardEqualsATripleLoop) {
  const std::vector<std::vector<std::int64_t>> batches = {
      {4, 4, 4, 4}, {7, 1, 2, 1, 5, 1}, {2, 2}, {3, 1, 1, 1, 1}, {2, 9, 3, 3}};
  std::uint64_t seed = 0;
  std::int64_t triplets = 0;
  for (const auto& images : batches) {
    for (const double margin : {0.05, 0.2, 1.0}) {
      for (const bool soft : {false, true}) {
        const Batch batch = random_batch(++seed, images, 5);
        for (const bool sum : {false, true}) {
          expect_same(batch, {.margin = margin, .soft_margin = soft, .sum = sum});
        }
        triplets += triplet_loss(batch.embeddings, batch.labels, {}).statistics.triplets;
      }
    }
  }
  EXPECT_GT(triplets, 100) << "the batches hold too little to tell";
}

TEST(TripletLoss, SemiHardTakesTheFirstOfNegativesAtOneDistance) {
  std::int64_t triplets = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const Batch batch = batch_of_ties(seed, 24, 4);
    // A negative exactly at the margin is outside of it, one at the positive's distance not beyond.
    for (const double margin : {0.5, 0.75, 1.5}) expect_same(batch, {.margin = margin});
    triplets += triplet_loss(batch.embeddings, batch.labels, {.margin = 0.75}).statistics.triplets;
  }
  EXPECT_GT(triplets, 100);
}

TEST(TripletLoss, ADuplicateUnderAnotherNameIsNotFartherThanADuplicate) {
  // In float32 a row's distance to its copy comes out of the matrix product as rounding.
  at::manual_seed(3);
  const at::Tensor faces = unit_rows(at::randn({40, 128}));
  const at::Tensor rows = at::cat({faces, faces, faces});
  const at::Tensor people = at::arange(40);
  const at::Tensor labels = at::cat({people, people, people + 40});
  EXPECT_EQ(triplet_loss(rows, labels, {}).statistics.triplets, 0);
}

TEST(TripletLoss, BatchHardEqualsALoop) {
  std::uint64_t seed = 100;
  for (const std::vector<std::int64_t>& images :
       {std::vector<std::int64_t>{4, 4, 4, 4}, {7, 1, 2, 1, 5, 1}, {2, 2}, {1, 1, 1}, {5}}) {
    for (const bool soft : {false, true}) {
      for (const bool sum : {false, true}) {
        TripletLossOptions options = kBatchHard;
        options.soft_margin = soft;
        options.sum = sum;
        expect_same(random_batch(++seed, images, 5), options);
        expect_same(batch_of_ties(seed, 16, 3), options);
      }
    }
  }
}

TEST(TripletLoss, IsZeroWithGraphWhenThereIsNoTriplet) {
  for (const TripletLossOptions& options : {TripletLossOptions{}, kBatchHard}) {
    for (const std::vector<std::int64_t>& images :
         {std::vector<std::int64_t>{6}, {1, 1, 1, 1}, {1}}) {
      const Batch batch = random_batch(1, images, 4);
      const at::Tensor point = batch.embeddings.clone().requires_grad_(true);
      const TripletLoss result = triplet_loss(point, batch.labels, options);
      EXPECT_EQ(result.statistics.triplets, 0);
      EXPECT_EQ(result.loss.item<double>(), 0);
      result.loss.backward();
      EXPECT_EQ(point.grad().abs().max().item<double>(), 0);
    }
  }
}

TEST(TripletLoss, GradientsAreThoseOfFiniteDifferences) {
  const Batch batch = random_batch(7, {3, 3, 3, 1}, 4);
  for (const TripletSelection selection :
       {TripletSelection::kSemiHard, TripletSelection::kBatchHard}) {
    for (const bool soft : {false, true}) {
      for (const bool sum : {false, true}) {
        const TripletLossOptions options = {selection, 0.4, soft, sum};
        const auto loss = [&](const at::Tensor& x) {
          return triplet_loss(x, batch.labels, options).loss;
        };
        ASSERT_GT(loss(batch.embeddings).item<double>(), 0);
        EXPECT_LT(gradient_error(loss, batch.embeddings), kDifference);
      }
    }
  }
}

TEST(TripletLoss, ThePapersSumIsTheMeanTimesTheTriplets) {
  const Batch batch = random_batch(7, {3, 3, 3, 1}, 4);
  const TripletLoss mean = triplet_loss(batch.embeddings, batch.labels, {});
  const TripletLoss sum = triplet_loss(batch.embeddings, batch.labels, {.sum = true});
  ASSERT_GT(mean.statistics.triplets, 1);
  EXPECT_NEAR(sum.loss.item<double>(),
              mean.loss.item<double>() * static_cast<double>(mean.statistics.triplets), kRounding);
}

TEST(TripletLoss, BatchHardHasAGradientAtDuplicates) {
  const at::Tensor face = unit_rows(at::ones({1, 8}));
  const at::Tensor rows = at::cat({face, face, face}).requires_grad_(true);
  triplet_loss(rows, at::tensor({0, 0, 1}, at::kLong), kBatchHard).loss.backward();
  EXPECT_EQ(rows.grad().abs().max().item<double>(), 0);
}

TEST(TripletLoss, ValidateRefusesAMarginThatNoPairCanReach) {
  EXPECT_NO_THROW(TripletLossOptions{}.validate());
  for (const double margin : {0.0, -1.0, 4.5, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THROW((TripletLossOptions{.margin = margin}.validate()), UsageError);
  }
  TripletLossOptions options = kBatchHard;
  options.margin = 3;
  EXPECT_THROW(options.validate(), UsageError);
}

TEST(HarmonicTripletLoss, EqualsATripleLoopOverBothSets) {
  std::int64_t triplets = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const Batch v2 = random_batch(seed, {4, 3, 1, 4}, 5);
    const at::Tensor v1 = unit_rows(v2.embeddings + 0.4 * at::randn_like(v2.embeddings));
    const at::Tensor point = v2.embeddings.clone().requires_grad_(true);
    const TripletLoss got = harmonic_triplet_loss(point, v1, v2.labels, {.margin = 0.3});
    got.loss.backward();
    const Expected expected =
        Loops(at::cat({v2.embeddings, v1}), at::cat({v2.labels, v2.labels}), 12)
            .semi_hard({.margin = 0.3});
    EXPECT_NEAR(got.loss.item<double>(), expected.loss, kRounding);
    expect_statistics(got.statistics, expected.statistics);
    EXPECT_TRUE(at::allclose(point.grad(), expected.gradient.narrow(0, 0, 12), 0, kRounding));
    triplets += got.statistics.triplets;
  }
  EXPECT_GT(triplets, 100);
}

TEST(HarmonicTripletLoss, GradientIsThatOfFiniteDifferencesAndLeavesV1Alone) {
  const Batch v2 = random_batch(11, {3, 3, 4}, 5);
  const at::Tensor v1 =
      unit_rows(v2.embeddings + 0.4 * at::randn_like(v2.embeddings)).requires_grad_(true);
  for (const TripletSelection selection :
       {TripletSelection::kSemiHard, TripletSelection::kBatchHard}) {
    const auto loss = [&](const at::Tensor& x) {
      return harmonic_triplet_loss(x, v1, v2.labels, {selection, 0.4, false}).loss;
    };
    ASSERT_GT(loss(v2.embeddings).item<double>(), 0);
    EXPECT_LT(gradient_error(loss, v2.embeddings), kDifference);
  }
  EXPECT_FALSE(v1.grad().defined());
}

TEST(DistillationLoss, EqualsItsDefinitionInLoops) {
  const at::Tensor student = random_batch(1, {3, 4}, 5).embeddings;
  const at::Tensor teacher = random_batch(2, {3, 4}, 5).embeddings;
  double distance = 0, similarity = 0;
  for (std::int64_t i = 0; i < 7; ++i) {
    distance += (student[i] - teacher[i]).square().sum().item<double>() / 7;
    for (std::int64_t j = 0; j < 7; ++j) {
      const double difference =
          (student[i].dot(student[j]) - teacher[i].dot(teacher[j])).item<double>();
      similarity += difference * difference / 49;
    }
  }
  EXPECT_NEAR(distillation_loss(student, teacher, 5).item<double>(), distance + 5 * similarity,
              kRounding);
  EXPECT_NEAR(distillation_loss(student, teacher, 0).item<double>(), distance, kRounding);
}

TEST(DistillationLoss, GradientIsThatOfFiniteDifferences) {
  const at::Tensor student = random_batch(1, {3, 4}, 5).embeddings;
  const at::Tensor teacher = random_batch(2, {3, 4}, 5).embeddings.requires_grad_(true);
  const auto loss = [&](const at::Tensor& x) { return distillation_loss(x, teacher, 5); };
  EXPECT_LT(gradient_error(loss, student), kDifference);
  EXPECT_FALSE(teacher.grad().defined());
}

}  // namespace
}  // namespace facenet
