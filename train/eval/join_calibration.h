#pragma once

#include "base/join_rule.h"
#include "train/eval/identities.h"

namespace facenet {

/// The constants by which the rule for joins (base/join_rule.h) says best which joins of these
/// faces are right: a logistic regression over joins of average linkage that are in doubt, with a
/// weak prior at `start`. A join is right when most of the pairs that it brings together are of one
/// person.
///
/// The rule has to hold for libraries of all kinds, so it is fitted to several at once, each of
/// which weighs as the square root of its joins: all people, the half of them, a quarter, an
/// eighth, a sixteenth, and the people with two faces and more, and with five and more. How many
/// rivals there are comes from the rule itself, so that fit and rivals are found by iteration.
/// `start` gives the distance of strangers and the ceiling, and is the result where fewer than 50
/// joins of either kind are in doubt.
JoinConstants fit_joins(const LabelledFaces& faces, const JoinConstants& start, int threads);

}  // namespace facenet
