#pragma once

#include <stdexcept>
#include <string>

#include "base/format.h"

namespace facenet {

/// What the process tells its caller; the numbers are part of the command line's contract.
enum class ExitStatus : int {
  kOk = 0,            ///< done (verify: the same person)
  kNegative = 1,      ///< a negative answer: different people, nothing found
  kFailure = 2,       ///< wrong usage or failure; one line on stderr says what and how to mend it
  kPartial = 3,       ///< done, but some photos could not be read
  kHangUp = 129,      ///< SIGHUP: what was finished is kept
  kInterrupt = 130,   ///< SIGINT: likewise
  kBrokenPipe = 141,  ///< SIGPIPE: likewise
  kTerminate = 143,   ///< SIGTERM: likewise
};

/// A failure that a user can act on. `what()` is one line: what went wrong with which thing, and
/// how to mend it. Bugs are assertions or std::logic_error, never this.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error(message) {}
};

/// A command line that makes no sense. main() adds a pointer to `-h`.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// Throws E with the message that fmt makes of `format` and `args`.
template <class E = Error, class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw E(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace facenet
