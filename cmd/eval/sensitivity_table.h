#pragma once

#include <string>
#include <vector>

#include "cmd/output.h"
#include "train/eval/identities.h"
#include "train/eval/paper_tables.h"

namespace facenet {

/// One measurement of `facenet eval sensitivity`.
struct SensitivityRow {
  Json facts = {};  ///< what the table varies and what goes with it, by name; null: does not apply
  double at = 0;    ///< place on the axis of the plot; NaN: not drawn
  AllPairsVal val = {};
  const PaperRow* paper = nullptr;  ///< null where the paper has none
};

/// All measurements of a run, with four ways to show them.
struct SensitivityTable {
  std::string name = {};  ///< "quality"
  Json about = {};        ///< what was measured on: for JSON, and as `heading` for text
  std::string heading = {};
  std::string null_text = "-";  ///< stands for a null of the facts in text
  std::string axis = {};        ///< label of the plot's x axis
  bool logarithmic = false;     ///< the axis is
  std::vector<SensitivityRow> rows = {};

  Json json() const;
  std::string csv() const;
  std::string text() const;
  std::string svg() const;
};

}  // namespace facenet
