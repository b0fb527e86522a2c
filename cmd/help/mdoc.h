#pragma once

#include <ostream>
#include <string>

#include "cmd/help/description.h"

namespace facenet {

// The language of man pages, mdoc(7): lines of text, and lines of macros that begin with a dot.

/// A text within a line of macros.
std::string mdoc_line(const std::string& text);

/// A paragraph: a line a sentence, what stands in `backticks` in bold.
std::string mdoc_text(const std::string& text);

/// "cluster [OPTIONS] [PATH...]" as lines of macros.
std::string mdoc_synopsis(const std::string& synopsis);

/// What heads an item of a list, without ".It": an option, and a word that is typed as it is.
std::string mdoc_option(const OptionDescription& option);
std::string mdoc_term(const std::string& term);

/// A list of what explains something; begun by its first item.
class MdocList {
 public:
  explicit MdocList(std::ostream& out) : out_(out) {}
  ~MdocList() { end(); }
  MdocList(const MdocList&) = delete;
  MdocList& operator=(const MdocList&) = delete;

  void item(const std::string& head, const std::string& text);
  void end();

 private:
  std::ostream& out_;
  bool begun_ = false;
};

}  // namespace facenet
