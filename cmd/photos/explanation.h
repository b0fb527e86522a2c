#pragma once

#include "cmd/output.h"
#include "library/explain.h"

namespace facenet {

/// How `cluster --explain` says why two faces are one person, or are not.
Json explanation_json(const Explanation& explanation);
void print_explanation(const Explanation& explanation);

}  // namespace facenet
