#pragma once

#include <string>
#include <string_view>

namespace facenet {

/// For comparing without regard to case: Unicode's mappings of one letter to one, by the C
/// library's tables. "ß" is not "SS", and a letter with its accent is not the two apart. What is
/// not UTF-8 becomes U+FFFD.
std::string fold_case(std::string_view text);

}  // namespace facenet
