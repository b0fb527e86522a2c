#pragma once

#include <cstddef>
#include <span>

namespace facenet {

// The same bits on every processor, as in base/distance.h. Vectors of one call have one length.

/// sum += values.
void add_to_sum(std::span<double> sum, std::span<const float> values);
void add_to_sum(std::span<double> sum, std::span<const double> values);

/// share * sum, rounded to single precision.
void write_share(std::span<const double> sum, double share, std::span<float> result);

/// <a, b> in single precision.
float inner_product(std::span<const float> a, std::span<const float> b);

}  // namespace facenet
