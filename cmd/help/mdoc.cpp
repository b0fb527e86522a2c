#include "cmd/help/mdoc.h"

#include <cctype>
#include <sstream>
#include <vector>

#include "base/format.h"
#include "cmd/help/layout.h"

namespace facenet {
namespace {

/// Characters beyond ASCII by their number, as every formatter understands them; `at` goes to the
/// last byte of the character.
std::string numbered(const std::string& text, std::size_t& at) {
  const auto first = static_cast<unsigned char>(text[at]);
  const std::size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  unsigned code = first & (0x3FU >> more);
  for (std::size_t i = 0; i < more && at + 1 < text.size(); ++i)
    code = code << 6 | (static_cast<unsigned char>(text[++at]) & 0x3FU);
  return fmt::format("\\[u{:04X}]", code);
}

/// Dashes as they are typed, not hyphens as they are set, where an option begins or code stands.
std::string escaped(const std::string& text, bool code) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const char before = at == 0 ? ' ' : text[at - 1];
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-' && (code || std::string(" (-").find(before) != std::string::npos)) {
      result += "\\-";
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      result += numbered(text, at);
    } else {
      result += c;
    }
  }
  return result;
}

/// A sentence in short lines. One that begins with a dot or a quote would be taken for macros.
std::string text_lines(const std::string& sentence) {
  constexpr std::size_t kLine = 78;
  std::string result;
  for (const std::string& line : wrapped(sentence, kLine)) {
    if (line.starts_with('.') || line.starts_with('\'')) result += "\\&";
    result += line + '\n';
  }
  return result;
}

/// An argument of a macro; what looks like the name of a macro is none.
std::string argument(const std::string& word) {
  const bool looks_like_macro = word.size() <= 3 && word.size() >= 2 &&
                                std::isupper(word[0]) != 0 && std::islower(word[1]) != 0;
  return (looks_like_macro ? "\\&" : "") + escaped(word, false);
}

/// "PATH...", "--to", "yes|no": what is to be replaced, an option, or typed as it is.
std::string macro_of(const std::string& word) {
  if (word.starts_with("--")) return "Fl " + argument(word.substr(1));
  const bool repeated = word.ends_with("...");
  const std::string name = word.substr(0, word.size() - (repeated ? 3 : 0));
  const bool replaced = std::isupper(static_cast<unsigned char>(name[0])) != 0;
  return (replaced ? "Ar " : "Cm ") + argument(name) + (repeated ? " ..." : "");
}

}  // namespace

std::string mdoc_line(const std::string& text) {
  std::string plain;
  for (const char c : text)
    if (c != '`') plain += c;
  return escaped(plain, false);
}

std::string mdoc_text(const std::string& text) {
  std::string joined;
  for (const std::string& line : wrapped(text, std::string::npos)) joined += line;
  std::string result, line;
  bool code = false;
  for (std::size_t at = 0; at <= joined.size();) {
    const std::size_t end = std::min(joined.find('`', at), joined.size());
    std::string part = escaped(joined.substr(at, end - at), code);
    if (code) part = "\\fB" + part + "\\fR";
    for (std::size_t stop; !code && (stop = part.find(". ")) != std::string::npos;) {
      result += text_lines(line + part.substr(0, stop + 1));
      line.clear();
      part.erase(0, stop + 2);
    }
    line += part;
    code = !code;
    at = end + 1;
  }
  return result + text_lines(line);
}

std::string mdoc_synopsis(const std::string& synopsis) {
  std::string result = ".Nm facenet\n";
  std::istringstream words(synopsis);
  for (std::string word; words >> word;) {
    const bool optional = word.starts_with('[') && word.ends_with(']');
    if (optional) word = word.substr(1, word.size() - 2);
    result += (optional ? ".Op " : ".") + macro_of(word) + '\n';
  }
  return result;
}

std::string mdoc_option(const OptionDescription& option) {
  std::string head = option.letter == 0 ? "" : fmt::format("Fl {} , ", option.letter);
  head += "Fl " + argument('-' + option.name);
  if (!option.value.empty()) head += " Ar " + argument(option.value);
  return head;
}

std::string mdoc_term(const std::string& term) {
  return "Cm " + argument(term);
}

void MdocList::item(const std::string& head, const std::string& text) {
  if (!begun_) out_ << ".Bl -tag -width Ds\n";
  begun_ = true;
  out_ << ".It " << head << '\n' << mdoc_text(text);
}

void MdocList::end() {
  if (begun_) out_ << ".El\n";
  begun_ = false;
}

}  // namespace facenet
