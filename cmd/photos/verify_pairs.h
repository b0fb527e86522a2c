#pragma once

#include <string>

#include "base/error.h"
#include "cmd/common_options.h"
#include "pipeline/analyse.h"

namespace facenet {

/// `facenet verify --pairs`.
struct VerifyPairsOptions {
  AnalyserOptions analyser;
  OutputOptions output;
  double threshold = 0;  ///< 0: the model's
  std::string list;      ///< CSV file of two photos a line; "-": standard input
};

/// Compares the largest faces of many pairs of photos. Each photo is read once, however many pairs
/// it is in. Status kPartial when some pairs could not be compared, kNegative when there are none.
/// Throws Error: a list that is no CSV of two columns.
ExitStatus verify_pairs(const VerifyPairsOptions& options);

}  // namespace facenet
