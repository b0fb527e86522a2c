#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <new>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/logging.h"
#include "base/quiet_libraries.h"
#include "cmd/commands.h"
#include "cmd/help/help_text.h"
#include "cmd/help/layout.h"
#include "cmd/output.h"
#include "cmd/terminal_output.h"
#include "cmd/version.h"
#include "image/decode.h"

namespace facenet {
namespace {

ExitStatus dispatch(std::span<const std::string> words) {
  if (words.empty()) {
    print_program_help(std::cerr, describe_program(), text_width());
    return ExitStatus::kFailure;
  }
  if (words.front() == "-h" || words.front() == "--help") {
    print_program_help(std::cout, describe_program(), text_width());
    return ExitStatus::kOk;
  }
  if (words.front() == "--version") {
    print_version(std::cout);
    return ExitStatus::kOk;
  }
  return run_command(words);
}

/// Whatever was printed must have reached its reader: a full disk is a failure. Of a pipe whose
/// reader has seen enough nobody wants to hear, and a terminal that was closed prints no more.
ExitStatus flush_output(ExitStatus status) {
  std::cout.flush();
  if (reader_has_gone()) return interrupt_status();
  if (std::cout || interrupted()) return status;
  log_error("cannot write the output: the disk is full or its reader has gone");
  return ExitStatus::kFailure;
}

ExitStatus run(int argc, char** argv) {
  try {
    fill_standard_descriptors();
    install_interrupt_handlers();
    quiet_libraries();
    const TerminalOutput output;
    const ImageLibrary images(argv[0]);
    const std::vector<std::string> words(argv + 1, argv + argc);
    return flush_output(dispatch(words));
  } catch (const Interrupted&) {
    return stopped("stopped; what was stored before is kept");
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
