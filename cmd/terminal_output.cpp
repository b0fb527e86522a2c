#include "cmd/terminal_output.h"

#include <iostream>
#include <string>
#include <string_view>
#include <unistd.h>

#include "base/text.h"

namespace facenet {
namespace {

/// Collects lines, so that no letter comes in two parts, and hands them on escaped.
class EscapingBuffer : public std::streambuf {
 public:
  explicit EscapingBuffer(std::streambuf& target) : target_(target) {}

 protected:
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    const char letter = traits_type::to_char_type(c);
    return xsputn(&letter, 1) == 1 ? c : traits_type::eof();
  }
  std::streamsize xsputn(const char* data, std::streamsize size) override {
    waiting_.append(data, static_cast<std::size_t>(size));
    const std::size_t end = waiting_.rfind('\n');
    if (end == std::string::npos) return size;
    return hand_on(end + 1) ? size : 0;
  }
  int sync() override { return hand_on(waiting_.size()) && target_.pubsync() == 0 ? 0 : -1; }

 private:
  bool hand_on(std::size_t size) {
    // NUL ends paths with -0, and terminals ignore it.
    constexpr std::string_view kKept("\n\t\0", 3);
    const std::string text = escape_control(std::string_view(waiting_).substr(0, size), kKept);
    waiting_.erase(0, size);
    const auto length = static_cast<std::streamsize>(text.size());
    return target_.sputn(text.data(), length) == length;
  }

  std::streambuf& target_;
  std::string waiting_;
};

std::streambuf* unescaped = nullptr;  // what std::cout had, while it escapes

}  // namespace

TerminalOutput::TerminalOutput() {
  if (::isatty(STDOUT_FILENO) != 1) return;
  escaping_ = std::make_unique<EscapingBuffer>(*std::cout.rdbuf());
  before_ = unescaped = std::cout.rdbuf(escaping_.get());
}

TerminalOutput::~TerminalOutput() {
  if (!escaping_) return;
  std::cout.flush();
  std::cout.rdbuf(before_);
  unescaped = nullptr;
}

void send_to_terminal(std::string_view sequences) {
  std::cout.flush();
  std::streambuf& target = unescaped == nullptr ? *std::cout.rdbuf() : *unescaped;
  const auto sent = target.sputn(sequences.data(), static_cast<std::streamsize>(sequences.size()));
  if (sent != std::ssize(sequences) || target.pubsync() != 0) std::cout.setstate(std::ios::badbit);
}

}  // namespace facenet
