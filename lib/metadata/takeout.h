#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metadata/walled_batch.h"

namespace facenet {

/// What Google Takeout's JSON beside a photo says: who is in it, but not where.
struct TakeoutPeople {
  std::string title{};               ///< the photo's file name
  std::vector<std::string> names{};  ///< each once, none empty

  friend bool operator==(const TakeoutPeople&, const TakeoutPeople&) = default;
};

/// {"title": "IMG_1.jpg", "people": [{"name": "Anna"}], ...}. Throws Error for what is no such
/// file, and for more than 1,000 people or nesting of more than 100 levels. Who has it from a
/// stranger calls what follows.
TakeoutPeople read_takeout(std::string_view json);

struct TakeoutReading {
  TakeoutPeople people{};
  std::string error{};  ///< why there are none; empty: it was read
};

/// The same in a process that can do no harm. One a text. Throws Interrupted.
std::vector<TakeoutReading> read_takeout_behind_walls(std::span<const ForeignText> texts);

}  // namespace facenet
