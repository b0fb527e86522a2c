#pragma once

#include <span>
#include <string>

#include "cmd/output.h"
#include "train/eval/verification.h"

namespace facenet {

/// How the verification protocols, LFW and YouTube Faces, say what they found.

/// Adds "accuracy", "standard_error", "auc", "threshold", "fold_thresholds", "val", "val_details".
void add_verification(Json& json, const VerificationReport& report);

/// The same as lines of text.
void print_verification(const VerificationReport& report);

/// The ROC curve of one model as an SVG document.
std::string roc_svg(const std::string& title, const std::string& model,
                    std::span<const VerificationPair> pairs);

}  // namespace facenet
