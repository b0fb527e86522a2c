#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace facenet {

/// What a stranger wrote.
struct ForeignText {
  std::string file;  ///< for messages
  std::string text;
};

/// A piece of work with a stranger's bytes.
struct WalledJob {
  std::string file;                   ///< for messages
  std::size_t bytes = 0;              ///< that it starts from
  std::function<std::string()> work;  ///< throws Error
};

struct WalledAnswer {
  bool is_error = false;
  std::string text{};  ///< what the work gave, or why it gave nothing
};

/// Does the work in processes that can do no harm (walls/walled_work.h), some dozens of pieces in
/// one; if one piece ends its process, the others are done without it. One answer a job, which is a
/// stranger's word. Throws Interrupted.
std::vector<WalledAnswer> answers_behind_walls(const std::vector<WalledJob>& jobs);

}  // namespace facenet
