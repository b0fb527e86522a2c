#include "base/progress.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <unistd.h>

#include "base/format.h"
#include "base/text.h"

namespace facenet {
namespace {

ProgressMode progress_mode = ProgressMode::kAuto;
std::atomic<bool> line_stands = false;
constexpr std::chrono::milliseconds kRedraw{200};

/// As it was when the program began (base/quiet_libraries.h).
std::FILE* const own_stderr = stderr;

std::string duration_text(double seconds) {
  const auto whole = static_cast<long long>(std::lround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02} h", whole / 3600, whole / 60 % 60);
}

}  // namespace

void set_progress_mode(ProgressMode mode) {
  progress_mode = mode;
}

bool progress_enabled() {
  if (progress_mode != ProgressMode::kAuto) return progress_mode == ProgressMode::kAlways;
  return ::isatty(STDERR_FILENO) == 1;
}

void clear_progress_line() {
  if (line_stands.exchange(false)) std::fputs("\r\x1b[K", own_stderr);
}

Progress::Progress(std::string what, std::int64_t total)
    : what_(std::move(what)), total_(total), start_(Clock::now()), last_draw_(start_) {}

Progress::~Progress() {
  finish();
}

void Progress::update(std::int64_t done, const std::string& detail) {
  const auto now = Clock::now();
  if (!progress_enabled() || (now - last_draw_ < kRedraw && done != total_)) return;
  last_draw_ = now;

  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  std::string line = with_thousands(done);
  if (total_ > 0) {
    line += fmt::format(" of {} {} ({} %)", with_thousands(total_), what_, done * 100 / total_);
  } else {
    line += " " + what_;
  }
  if (rate > 0) line += fmt::format(", {:.1f}/s", rate);
  if (rate > 0 && total_ > done) {
    line += ", " + duration_text(static_cast<double>(total_ - done) / rate) + " left";
  }
  if (!detail.empty()) line += ", " + detail;
  fmt::print(own_stderr, "\r{}\x1b[K", line);
  std::fflush(own_stderr);
  drawn_ = true;
  line_stands = true;
}

void Progress::finish() {
  if (!drawn_) return;
  clear_progress_line();
  drawn_ = false;
}

}  // namespace facenet
