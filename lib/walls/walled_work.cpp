#include "walls/walled_work.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <new>
#include <span>
#include <streambuf>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/logging.h"
#include "base/text.h"
#include "walls/bare_process.h"
#include "walls/shared_memory.h"
#include "walls/walls.h"

namespace facenet {
namespace {

/// What the child says of its work. It lies in memory that both see, and is believed only as far as
/// it is checked.
struct Outcome {
  enum class Kind : std::uint32_t { kNone, kDone, kFailed, kNoMemory, kNoRoom };
  Kind kind = Kind::kNone;
  std::uint32_t has_walls = 0;
  std::uint64_t size = 0;  ///< of the output, in bytes
  std::array<char, 4096> reason = {};
};

/// Writes into memory, as far as it goes.
class MemoryBuffer : public std::streambuf {
 public:
  explicit MemoryBuffer(std::span<char> memory) {
    setp(memory.data(), memory.data() + memory.size());
  }
  std::uint64_t size() const { return static_cast<std::uint64_t>(pptr() - pbase()); }
};

std::int64_t mapped_now() {
  std::int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * ::getpagesize();
}

void limit_time(std::chrono::seconds most) {
  const auto seconds = static_cast<rlim_t>(most.count());
  const rlimit limit{seconds, seconds + 1};  // the first is a signal of its own
  ::setrlimit(RLIMIT_CPU, &limit);
}

void fail_with(Outcome& outcome, const char* reason) {
  outcome.kind = Outcome::Kind::kFailed;
  std::strncpy(outcome.reason.data(), reason, outcome.reason.size() - 1);
}

void do_work(std::span<char> memory, const std::function<void(std::ostream&)>& work,
             Outcome& outcome) {
  try {
    MemoryBuffer buffer(memory);
    std::ostream out(&buffer);
    work(out);
    outcome.size = buffer.size();
    outcome.kind = out ? Outcome::Kind::kDone : Outcome::Kind::kNoRoom;
  } catch (const std::bad_alloc&) {
    outcome.kind = Outcome::Kind::kNoMemory;
  } catch (const std::exception& error) {
    fail_with(outcome, error.what());
  } catch (...) {
    fail_with(outcome, "an unknown error");
  }
}

/// The whole life of the child.
[[noreturn]] void live_behind_walls(const WorkLimits& limits, std::span<char> memory,
                                    const std::function<void(std::ostream&)>& work,
                                    Outcome& outcome) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const std::int64_t most_memory = mapped_now() + limits.most_memory;
  make_bare("facenet-import");
  limit_time(limits.most_time);
  outcome.has_walls = raise_walls(most_memory) ? 1 : 0;
  do_work(memory, work, outcome);
  ::_exit(0);
}

/// Its wait status. Throws Interrupted once a signal came, and takes the child along. Looks from
/// time to time, as the handlers let waitpid() go on.
int wait_for_end(pid_t child) {
  constexpr std::chrono::milliseconds kLook{5};
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (interrupted()) ::kill(child, SIGKILL);
    std::this_thread::sleep_for(kLook);
  }
  stop_if_interrupted();
  return status;
}

[[noreturn]] void fail_as_ended(const std::string& name, const WorkLimits& limits, int signal) {
  if (signal == SIGXCPU)
    fail("{}: reading it takes more than {} s of a processor", name, limits.most_time.count());
  if (signal == SIGKILL)
    fail("{}: its reader was killed (signal 9), perhaps because memory ran out", name);
  fail("{}: its reader crashed (signal {}, {}); get the file again, from a place you trust", name,
       signal, ::strsignal(signal));
}

void require_done(const std::string& name, const WorkLimits& limits, const Outcome& outcome) {
  const auto end = std::find(outcome.reason.begin(), outcome.reason.end(), '\0');
  switch (outcome.kind) {
    case Outcome::Kind::kDone:
      if (outcome.size <= static_cast<std::uint64_t>(limits.most_output)) return;
      break;
    case Outcome::Kind::kFailed:
      throw Error(to_valid_utf8(std::string(outcome.reason.begin(), end)));
    case Outcome::Kind::kNoMemory:
      fail("{}: reading it takes more than {} MB of memory", name, limits.most_memory >> 20);
    case Outcome::Kind::kNoRoom:
      fail("{}: what it holds takes more than {} MB", name, limits.most_output >> 20);
    case Outcome::Kind::kNone:
      break;
  }
  fail("{}: its reader ended without an answer", name);
}

void warn_of_walls_that_are_missing() {
  static std::atomic_flag warned;
  if (!warned.test_and_set())
    log_warning(
        "this system has no system call filter (seccomp): the file is read in a process of its "
        "own, but a file made to attack its reader could do there what you may");
}

}  // namespace

MappedFile work_behind_walls(const std::string& name, const WorkLimits& limits,
                             const std::function<void(std::ostream&)>& work) {
  const SharedMemory told(sizeof(Outcome));
  auto* outcome = new (told.bytes().data()) Outcome;
  const SharedMemory output(static_cast<std::size_t>(limits.most_output));
  const pid_t child = ::fork();
  if (child < 0) fail("{}: no process to read it in: {}", name, std::strerror(errno));
  if (child == 0) live_behind_walls(limits, output.bytes(), work, *outcome);
  const int status = wait_for_end(child);
  if (WIFSIGNALED(status)) fail_as_ended(name, limits, WTERMSIG(status));
  const Outcome seen = *outcome;  // nobody else can change it any more
  if (seen.has_walls == 0) warn_of_walls_that_are_missing();
  require_done(name, limits, seen);
  return {output.file(), static_cast<std::size_t>(seen.size), name};
}

}  // namespace facenet
