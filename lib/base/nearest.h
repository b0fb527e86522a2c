#pragma once

#include <optional>
#include <string>
#include <vector>

namespace facenet {

/// The word that was meant where `typed` is none of `words`: one that begins so, or else the one
/// from which the fewest letters are missing, too many, wrong or swapped with their neighbour
/// (optimal string alignment). Nothing when they are more than a third of its letters.
std::optional<std::string> nearest_word(const std::string& typed,
                                        const std::vector<std::string>& words);

}  // namespace facenet
