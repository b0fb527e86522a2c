#pragma once

#include <cstdint>
#include <string>

#include "base/file.h"

namespace facenet {

/// How a reason begins that lies not in the file but in who may read it.
inline constexpr const char* kCannotOpen = "cannot be opened: ";

/// An open regular file, whose reasons come without a path.
class OpenPhoto {
 public:
  /// Throws DecodeError.
  explicit OpenPhoto(const std::string& path);

  int descriptor() const { return descriptor_.get(); }
  /// In bytes. Throws DecodeError.
  std::int64_t size() const;

 private:
  Descriptor descriptor_;
};

}  // namespace facenet
