#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "index/linkage/agglomerate.h"

namespace facenet::testing_index {

using Random = std::mt19937;

struct Sample {
  std::vector<float> values;
  int dimension = 1;
  std::vector<std::int64_t> photo, block, label;
  std::vector<Separation> apart;

  std::int64_t count() const { return std::ssize(values) / dimension; }
  Points points() const { return {values, count(), dimension}; }
  Constraints constraints() const { return {photo, block, label, apart}; }
};

inline int draw(Random& random, int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(random);
}

/// Points around a few centres of unit length, as embeddings lie, brought to the sphere if `unit`.
inline Sample clustered(Random& random, int count, int dimension, int people, float spread,
                        bool unit) {
  std::normal_distribution<float> normal;
  std::vector<float> centres(static_cast<std::size_t>(people) *
                             static_cast<std::size_t>(dimension));
  for (float& value : centres) value = normal(random) / std::sqrt(static_cast<float>(dimension));
  Sample sample;
  sample.dimension = dimension;
  for (int i = 0; i < count; ++i) {
    const auto person = centres.begin() + std::ptrdiff_t{draw(random, 0, people - 1)} * dimension;
    float norm = 0;
    for (int k = 0; k < dimension; ++k) {
      sample.values.push_back(person[k] + spread * normal(random));
      norm += sample.values.back() * sample.values.back();
    }
    if (!unit) continue;
    std::for_each(sample.values.end() - dimension, sample.values.end(),
                  [norm](float& value) { value /= std::sqrt(norm); });
  }
  return sample;
}

/// Points of small integer coordinates: many exact ties, many duplicates.
inline Sample grid(Random& random, int count, int dimension, int side) {
  Sample sample;
  sample.dimension = dimension;
  for (int i = 0; i < count * dimension; ++i) {
    sample.values.push_back(static_cast<float>(draw(random, 0, side)));
  }
  return sample;
}

inline std::vector<std::int64_t> random_groups(Random& random, std::int64_t count, int groups,
                                               int none) {
  std::vector<std::int64_t> result;
  for (std::int64_t i = 0; i < count; ++i) {
    result.push_back(draw(random, 0, 99) < none ? -1 : draw(random, 0, groups - 1));
  }
  return result;
}

inline std::vector<Separation> random_separations(Random& random, int count) {
  std::vector<Separation> result(static_cast<std::size_t>(draw(random, 1, 6)));
  for (auto& [left, right] : result) {
    for (int i = draw(random, 1, count / 3 + 1); i > 0; --i) {
      (draw(random, 0, 2) == 0 ? left : right).push_back(draw(random, 0, count - 1));
    }
  }
  return result;
}

/// `kinds` is a set of bits: 1 photo, 2 block, 4 label, 8 separations.
inline void constrain(Random& random, Sample& sample, int kinds) {
  const std::int64_t count = sample.count();
  const int n = static_cast<int>(count);
  if ((kinds & 1) != 0) sample.photo = random_groups(random, count, n / 2 + 1, 10);
  if ((kinds & 2) != 0) sample.block = random_groups(random, count, n / 6 + 1, 70);
  if ((kinds & 4) != 0) sample.label = random_groups(random, count, 3, 60);
  if ((kinds & 8) != 0) sample.apart = random_separations(random, n);
}

inline void expect_same_bits(const Clustering& actual, const Clustering& expected) {
  for (std::size_t i = 0; i < std::min(actual.merges.size(), expected.merges.size()); ++i) {
    const Merge &a = actual.merges[i], &b = expected.merges[i];
    ASSERT_TRUE(a.first == b.first && a.second == b.second && a.height == b.height &&
                a.size == b.size)
        << "join " << i << ": " << a.first << " " << a.second << " at " << a.height << ", not "
        << b.first << " " << b.second << " at " << b.height;
  }
  ASSERT_EQ(actual.merges.size(), expected.merges.size());
  ASSERT_EQ(actual.cluster, expected.cluster);
}

}  // namespace facenet::testing_index
