#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/format.h"
#include "base/interrupt.h"
#include "base/logging.h"
#include "cmd/commands.h"
#include "cmd/version.h"
#include "image/decode.h"

namespace facenet {
namespace {

constexpr const char* kIntroduction =
    "usage: facenet COMMAND [ARGUMENTS]\n\n"
    "Finds the people in a photo library: detects and aligns faces, maps each to a point whose\n"
    "squared Euclidean distance to others measures who it is, and groups the points into "
    "people.\n\n";

constexpr const char* kConventions =
    "\n`facenet COMMAND -h` describes a command. `facenet --version` names the libraries in "
    "use.\n\n"
    "Data goes to stdout, everything else to stderr. Exit status: 0 done (verify: same person),\n"
    "1 a negative answer (different people, nothing found), 2 wrong usage or failure, 3 done but\n"
    "some photos could not be read, 130 and 143 stopped by a signal after saving what was done.\n";

void print_help(std::ostream& out) {
  out << kIntroduction << "Commands:\n";
  for (const Command& command : commands()) {
    out << fmt::format("  {:10}{}\n", command.name, command.summary);
  }
  out << kConventions;
}

ExitStatus dispatch(const std::vector<std::string>& arguments) {
  if (arguments.empty()) {
    print_help(std::cerr);
    return ExitStatus::kFailure;
  }
  const std::string& name = arguments.front();
  if (name == "-h" || name == "--help" || name == "help") {
    print_help(std::cout);
    return ExitStatus::kOk;
  }
  if (name == "--version") {
    print_version(std::cout);
    return ExitStatus::kOk;
  }
  const auto all = commands();
  const auto command = std::find_if(
      all.begin(), all.end(), [&](const Command& candidate) { return candidate.name == name; });
  if (command == all.end()) {
    fail<UsageError>("there is no command '{}'; `facenet -h` lists them", name);
  }
  try {
    return command->run(Arguments(arguments).subspan(1));
  } catch (const UsageError& error) {
    fail<UsageError>("{}; see `facenet {} -h`", error.what(), name);
  }
}

/// Whatever was printed must have reached its reader: a full disk or a closed pipe is a failure.
ExitStatus flush_output(ExitStatus status) {
  std::cout.flush();
  if (std::cout) return status;
  log_error("cannot write the output: the disk is full or its reader has gone");
  return ExitStatus::kFailure;
}

ExitStatus run(int argc, char** argv) {
  try {
    install_interrupt_handlers();
    const ImageLibrary images(argv[0]);
    return flush_output(dispatch({argv + 1, argv + argc}));
  } catch (const Error& error) {
    log_error("{}", error.what());
  } catch (const std::bad_alloc&) {
    log_error("not enough memory; give fewer --threads, or a smaller --max-pixels");
  } catch (const std::exception& error) {
    log_error("internal error, please report it: {}", error.what());
  }
  return ExitStatus::kFailure;
}

/// Ends the process without taking the libraries apart: LibTorch's table of operators alone takes
/// longer than many a command. All that is ours has been destroyed by now.
[[noreturn]] void leave(ExitStatus status) {
#ifdef __SANITIZE_ADDRESS__
  std::exit(static_cast<int>(status));  // looks for leaks
#else
  std::cout.flush();
  std::fflush(nullptr);
  std::_Exit(static_cast<int>(status));
#endif
}

}  // namespace
}  // namespace facenet

int main(int argc, char** argv) {
  facenet::leave(facenet::run(argc, argv));
}
