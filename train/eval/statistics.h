#pragma once

#include <span>

namespace facenet {

struct MeanAndError {
  double mean = 0, standard_error = 0;  ///< the error is 0 for fewer than two values
};

/// The mean of measurements and its standard error. Zeros without any.
MeanAndError mean_and_error(std::span<const double> values);

}  // namespace facenet
