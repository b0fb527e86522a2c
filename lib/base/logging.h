#pragma once

#include <string_view>

#include "base/format.h"

namespace facenet {

enum class LogLevel { kError, kWarning, kInfo, kDebug };

/// Messages above this level are dropped. `-q` sets kError, `-v` kDebug; the default is kInfo.
void set_log_level(LogLevel level);
LogLevel log_level();

/// Writes "facenet: message" as one line to stderr, clearing a progress line that stands there.
/// Newlines and control characters of the message (a file name may hold any) are escaped.
void log_message(LogLevel level, std::string_view message);

template <class... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  log_message(LogLevel::kError, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log_message(LogLevel::kWarning, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_message(LogLevel::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  log_message(LogLevel::kDebug, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace facenet
