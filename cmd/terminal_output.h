#pragma once

#include <memory>
#include <streambuf>
#include <string_view>

namespace facenet {

/// While this lives and stdout is a terminal, whatever is printed there is escaped
/// (escape_control()), but for tabs and ends of lines: names, paths and what files say of
/// themselves come from strangers, and a terminal obeys what it is sent. Files and pipes get every
/// byte as it is.
class TerminalOutput {
 public:
  TerminalOutput();
  ~TerminalOutput();
  TerminalOutput(const TerminalOutput&) = delete;
  TerminalOutput& operator=(const TerminalOutput&) = delete;

 private:
  std::unique_ptr<std::streambuf> escaping_;
  std::streambuf* before_ = nullptr;
};

/// Sends to stdout what a terminal is to obey, such as a picture, after all that was printed.
void send_to_terminal(std::string_view sequences);

}  // namespace facenet
