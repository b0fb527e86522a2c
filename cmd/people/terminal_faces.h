#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>

#include "picture/portraits.h"
#include "picture/terminal_picture.h"

namespace facenet {

/// Draws faces in a terminal, with the number of each below it, and how many are like it.
class TerminalFaces {
 public:
  TerminalFaces(const PictureTerminal& terminal, int threads)
      : terminal_(terminal), threads_(threads) {}

  std::size_t room() const { return terminal_.room(); }
  /// What to send for the first faces of at most room() stacks. Warns of photos that cannot be
  /// read, of each once.
  std::string draw(std::span<const FaceStack> stacks);
  /// Photos that could not be read.
  std::size_t unreadable() const { return unreadable_.size(); }

 private:
  PictureTerminal terminal_;
  int threads_;
  std::set<std::string> unreadable_;
};

}  // namespace facenet
