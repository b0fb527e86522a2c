#include "train/step_totals.h"

namespace facenet {
namespace {

double share(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
}

}  // namespace

void StepTotals::add(double loss, double gradient, std::int64_t images,
                     const TripletStatistics& triplets) {
  loss_ += loss;
  gradient_ += gradient;
  images_ += images;
  triplets_ += triplets;
  ++steps_;
}

TrainingProgress StepTotals::line(double seconds, double waited) const {
  const auto steps = static_cast<double>(steps_);
  return {.loss = mean_loss(),
          .gradient = gradient_ / steps,
          .images_per_second = static_cast<double>(images_) / seconds,
          .waited = waited / seconds,
          .selecting = loss_seconds_ / seconds,
          .triplets = static_cast<double>(triplets_.triplets) / steps,
          .semi_hard = share(triplets_.triplets, triplets_.pairs),
          .active = share(triplets_.active, triplets_.triplets),
          .mean_positive = triplets_.mean_positive / steps,
          .mean_negative = mean_negative()};
}

}  // namespace facenet
