#include "base/operating_point.h"

#include <cmath>
#include <limits>

namespace facenet {

double OperatingPoint::probability(double squared_distance) const {
  if (steepness == 0) return std::numeric_limits<double>::quiet_NaN();
  return 1 / (1 + std::exp(steepness * (squared_distance - midpoint)));
}

}  // namespace facenet
