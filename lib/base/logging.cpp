#include "base/logging.h"

#include <cstdio>
#include <memory>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/progress.h"
#include "base/quiet_libraries.h"
#include "base/text.h"

namespace facenet {
namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kDebug:
      return spdlog::level::debug;
  }
  return spdlog::level::info;
}

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = std::make_shared<spdlog::logger>("facenet",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("facenet: %v");
    made->set_level(spdlog::level::info);
    return made;
  }();
  return *instance;
}

LogLevel current_level = LogLevel::kInfo;

}  // namespace

void set_log_level(LogLevel level) {
  current_level = level;
  logger().set_level(spdlog_level(level));
}

LogLevel log_level() {
  return current_level;
}

void quiet_libraries() {
  logger();  // holds on to what is stderr now, as std::cout does to stdout
#ifdef __GLIBC__
  if (std::FILE* const nowhere = std::fopen("/dev/null", "w"); nowhere != nullptr)
    stdout = stderr = nowhere;
#endif
}

void log_message(LogLevel level, std::string_view message) {
  if (level > current_level) return;
  clear_progress_line();
  logger().log(spdlog_level(level), "{}", escape_control(message));
}

}  // namespace facenet
