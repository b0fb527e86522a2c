#pragma once

#include <string>

#include "base/error.h"

namespace facenet {

/// What was read is nothing that facenet wrote: bytes have changed, or somebody else made them.
class DamagedCatalog : public Error {
 public:
  /// `finding`: "face 3 has 5 bytes of landmarks".
  DamagedCatalog(const std::string& path, std::string finding);
  const std::string& finding() const { return finding_; }

 private:
  std::string finding_;
};

/// Throws the Error for a tree of joins that cannot be what a clustering made: unlike all else in a
/// catalog, it can be made again.
[[noreturn]] void throw_damaged_tree(const std::string& path, const std::string& what);

}  // namespace facenet
