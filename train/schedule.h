#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace facenet {

struct ScheduleOptions {
  std::string name = "constant";  ///< constant, step, cosine
  std::int64_t warm_up = 0;       ///< steps over which the rate first rises evenly to its base
  std::int64_t total = 0;         ///< cosine: steps until the rate is 0
  double step_factor = 0.1;       ///< step: what the rate is multiplied by at each of `steps`
  std::vector<std::int64_t> steps = {};  ///< step: ascending

  /// Throws UsageError.
  void validate() const;
};

/// The learning rate of a step, counted from 0. After the warm-up: "constant" stays at `base`,
/// "step" lowers it in steps, "cosine" goes down half a wave to 0 (Loshchilov & Hutter 2017,
/// without restarts).
double rate_at(const ScheduleOptions& options, double base, std::int64_t step);

}  // namespace facenet
