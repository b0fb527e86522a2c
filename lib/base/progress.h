#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace facenet {

enum class ProgressMode { kAuto, kAlways, kNever };

/// kAuto (the default) shows progress only when stderr is a terminal.
void set_progress_mode(ProgressMode mode);
bool progress_enabled();

/// A line on stderr with count, share, rate and time left, redrawn at most five times a second.
/// All members are for one thread.
class Progress {
 public:
  /// `what` names the units: "photos". `total` 0 means unknown.
  Progress(std::string what, std::int64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `done` units so far; `detail` stands at the end of the line ("812 faces").
  void update(std::int64_t done, const std::string& detail = {});
  /// Clears the line.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  std::string what_;
  std::int64_t total_;
  Clock::time_point start_;
  Clock::time_point last_draw_;
  bool drawn_ = false;
};

/// Clears a progress line that stands on the terminal, so that a message can be written there.
void clear_progress_line();

}  // namespace facenet
