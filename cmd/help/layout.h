#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace facenet {

/// Columns that a text for people may fill: $COLUMNS, else those of the terminal that stdout is,
/// else 80; never less than 40, nor more than 120, beyond which lines are hard to follow.
std::size_t text_width();

/// Columns that a text takes.
std::size_t columns_of(const std::string& text);

/// A paragraph as lines of at most `width` columns. White space, line breaks too, is where it may
/// be broken; only a longer word makes a longer line. What stands in `backticks` is kept together.
std::vector<std::string> wrapped(const std::string& text, std::size_t width);

}  // namespace facenet
