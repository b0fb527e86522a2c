#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace facenet {

void ScheduleOptions::validate() const {
  if (name != "constant" && name != "step" && name != "cosine") {
    fail<UsageError>("--schedule must be constant, step or cosine, not \"{}\"", name);
  }
  if (warm_up < 0) fail<UsageError>("--warm-up must be 0 or more, not {}", warm_up);
  if (name == "cosine" && total <= warm_up) {
    fail<UsageError>("a cosine schedule of {} steps must be longer than its warm-up of {}", total,
                     warm_up);
  }
  if (name != "step") return;
  if (steps.empty()) fail<UsageError>("a step schedule needs at least one step");
  if (steps.front() < 1 || !std::ranges::is_sorted(steps, std::ranges::less_equal{})) {
    fail<UsageError>("the steps of a schedule must be above 0 and in ascending order");
  }
  if (!(step_factor > 0 && step_factor < 1)) {
    fail<UsageError>("--rate-factor must lie between 0 and 1, not {}", step_factor);
  }
}

double rate_at(const ScheduleOptions& options, double base, std::int64_t step) {
  if (step < options.warm_up) {
    return base * static_cast<double>(step + 1) / static_cast<double>(options.warm_up);
  }
  if (options.name == "step") {
    const auto passed = std::ranges::upper_bound(options.steps, step) - options.steps.begin();
    return base * std::pow(options.step_factor, static_cast<double>(passed));
  }
  if (options.name == "cosine") {
    const double done = static_cast<double>(step - options.warm_up) /
                        static_cast<double>(options.total - options.warm_up);
    return base * (1 + std::cos(std::numbers::pi * std::min(done, 1.0))) / 2;
  }
  return base;
}

}  // namespace facenet
