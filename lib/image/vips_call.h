#pragma once

// How this folder talks to libvips: handles that free themselves, calls that throw.

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>

#include <vips/vips.h>

#include "base/error.h"

namespace facenet {

struct VipsUnref {
  void operator()(void* object) const { g_object_unref(object); }
};
using VipsImagePtr = std::unique_ptr<VipsImage, VipsUnref>;
using VipsSourcePtr = std::unique_ptr<VipsSource, VipsUnref>;

/// A libvips operation failed and left its reason in libvips' error text.
struct VipsFailure {};

inline void check_vips(int status) {
  if (status != 0) throw VipsFailure{};
}

/// Runs a libvips operation of one input and one output; `options` are its further required
/// arguments, then pairs of name and value. Throws VipsFailure.
template <class Input, class... Options>
VipsImagePtr call_vips(const char* operation, Input* input, Options... options) {
  VipsImage* output = nullptr;
  check_vips(vips_call(operation, input, &output, options..., static_cast<void*>(nullptr)));
  return VipsImagePtr(output);
}

/// What libvips says about the failures since the last call, as one line.
std::string take_vips_reason();

/// Keeps apart the reasons of photos that are decoded at the same time: libvips has one error text
/// for the whole process.
class VipsReasonLock {
 public:
  /// Waits for nobody but an exclusive owner.
  std::shared_lock<std::shared_mutex> share();
  /// Waits until nobody shares; new sharers wait meanwhile, or under load it would never come.
  std::unique_lock<std::shared_mutex> own();

 private:
  std::mutex gate_;
  std::shared_mutex users_;
};

VipsReasonLock& vips_reason_lock();

/// Calls `work`; where that ends in VipsFailure, once more and alone, so that the reason that E is
/// made with by `explain(reason)` is surely its own.
template <class E, class Work, class Explain>
auto with_vips_reason(const Work& work, const Explain& explain) {
  try {
    const auto lock = vips_reason_lock().share();
    return work();
  } catch (const VipsFailure&) {
    const auto lock = vips_reason_lock().own();
    vips_error_clear();
    try {
      return work();
    } catch (const VipsFailure&) {
      throw E(explain(take_vips_reason()));
    }
  }
}

}  // namespace facenet
