#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "train/validation.h"

namespace facenet {

/// What happened since the last line of the log.
struct TrainingProgress {
  std::int64_t step = 0;    ///< done so far
  std::int64_t images = 0;  ///< seen so far
  double loss = 0;
  double gradient = 0;  ///< norm, before clipping
  double rate = 0;
  double images_per_second = 0;
  double waited = 0;     ///< share of the time that the network waited for batches
  double selecting = 0;  ///< share of the time that selection and the loss took, without gradient
  // Of triplet losses; 0 for others.
  double triplets = 0;   ///< selected, a batch
  double semi_hard = 0;  ///< share of anchor-positive pairs that found a negative
  double active = 0;     ///< share of triplets with a loss
  double mean_positive = 0, mean_negative = 0;  ///< squared distances in the batch
};

/// A training's log: JSON Lines in FOLDER/log.jsonl, and FOLDER/curves.html, a page of curves that
/// needs nothing else to be shown.
class TrainingLog {
 public:
  /// Goes on after `step` in a log that is there: what a training that stopped unforeseen wrote
  /// after its last checkpoint is dropped. Throws Error.
  TrainingLog(const std::string& folder, std::int64_t step);

  void add(const TrainingProgress& progress);
  /// Also draws the page.
  void add(std::int64_t step, std::int64_t images, const ValidationReport& report);
  /// Writes the page anew, with the curves that there is something of.
  void draw() const;

 private:
  struct Validation {
    std::int64_t images;
    double accuracy, val;
  };

  void write_line(const std::string& line);

  std::string folder_;
  std::ofstream file_;
  std::vector<TrainingProgress> progress_;
  std::vector<Validation> validations_;
  std::vector<double> same_, different_;  ///< shares of pairs by distance, of the last validation
};

}  // namespace facenet
