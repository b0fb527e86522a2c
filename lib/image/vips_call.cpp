#include "image/vips_call.h"

#include "base/text.h"

namespace facenet {

std::string take_vips_reason() {
  std::string reason = to_valid_utf8(vips_error_buffer());
  vips_error_clear();
  while (!reason.empty() && reason.back() == '\n') reason.pop_back();
  for (auto at = reason.find('\n'); at != std::string::npos; at = reason.find('\n', at)) {
    reason.replace(at, 1, "; ");
  }
  return escape_control(reason);
}

std::shared_lock<std::shared_mutex> VipsReasonLock::share() {
  const std::lock_guard gate(gate_);
  return std::shared_lock(users_);
}

std::unique_lock<std::shared_mutex> VipsReasonLock::own() {
  const std::lock_guard gate(gate_);
  return std::unique_lock(users_);
}

VipsReasonLock& vips_reason_lock() {
  static VipsReasonLock lock;
  return lock;
}

}  // namespace facenet
