#pragma once

#include "base/recognisability.h"
#include "train/eval/identities.h"

namespace facenet {

/// How the evidence of a model's vectors tells which say who it is: a logistic regression of "is
/// the nearest other face the same person?" over the faces of people who have another one. Both
/// answers weigh as they occur, so the faces should be as many, and as bad, as those of a library.
///
/// Nothing measured (0, 0) without `faces.evidence`, and where fewer than 50 of the nearest faces
/// are right or fewer than 50 are wrong: sharp portraits alone do not tell.
RecognisabilityConstants fit_recognisability(const LabelledFaces& faces, int threads);

}  // namespace facenet
