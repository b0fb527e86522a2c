#include "cmd/help/help_text.h"

#include <algorithm>

#include "base/format.h"
#include "cmd/help/layout.h"

namespace facenet {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kWidestLabel = 24;  ///< the text of a longer one begins below it
constexpr std::size_t kNarrowestText = 35, kHangingIndent = 8;

/// What explains a word: an option, a command, a term.
struct Entry {
  std::string label, text;
};

void print_paragraph(std::ostream& out, const std::string& text, std::size_t width) {
  for (const std::string& line : wrapped(text, width)) out << line << '\n';
}

/// Where the texts begin that stand beside these labels, or below them where there is little room.
std::size_t column_beside(const std::vector<Entry>& entries, std::size_t width) {
  std::size_t widest = 0;
  for (const Entry& entry : entries)
    if (const std::size_t columns = columns_of(entry.label); columns <= kWidestLabel)
      widest = std::max(widest, columns);
  const std::size_t column = kIndent + widest + 2;
  return column + kNarrowestText <= width ? column : kHangingIndent;
}

/// Labels at the left, their texts beside them from `column` on.
void print_entries(std::ostream& out, const std::vector<Entry>& entries, std::size_t column,
                   std::size_t width) {
  for (const Entry& entry : entries) {
    std::string line = std::string(kIndent, ' ') + entry.label;
    for (const std::string& part : wrapped(entry.text, width - column)) {
      if (columns_of(line) + 2 > column && !line.empty()) {
        out << line << '\n';
        line.clear();
      }
      line.append(column - columns_of(line), ' ');
      out << line << part << '\n';
      line.clear();
    }
    if (!line.empty()) out << line << '\n';
  }
}

void print_list(std::ostream& out, const std::vector<Entry>& entries, std::size_t width) {
  print_entries(out, entries, column_beside(entries, width), width);
}

void print_paragraphs(std::ostream& out, const std::vector<Paragraph>& paragraphs,
                      std::size_t width) {
  std::vector<Entry> terms;
  const auto flush = [&] {
    if (terms.empty()) return;
    out << '\n';
    print_list(out, terms, width);
    terms.clear();
  };
  for (const Paragraph& paragraph : paragraphs) {
    if (!paragraph.term.empty()) {
      terms.push_back({paragraph.term, paragraph.text});
      continue;
    }
    flush();
    out << '\n';
    print_paragraph(out, paragraph.text, width);
  }
  flush();
}

std::vector<Entry> entries_of(const std::vector<CommandDescription>& commands) {
  std::vector<Entry> entries;
  for (const CommandDescription& command : commands) {
    const std::string name = short_name(command);
    if (!command.hidden) entries.push_back({name, command.summary});
  }
  return entries;
}

Entry entry_of(const OptionDescription& option) {
  Entry entry{option.letter == 0 ? "    " : fmt::format("-{}, ", option.letter), option.help};
  entry.label += "--" + option.name;
  if (!option.value.empty()) entry.label += ' ' + option.value;
  if (!option.default_value.empty())
    entry.text += fmt::format(" (default: {})", option.default_value);
  return entry;
}

/// How many options were left out.
std::size_t print_options(std::ostream& out, const CommandDescription& command, std::size_t width,
                          bool all) {
  std::size_t left_out = 0;
  std::vector<std::pair<std::string, std::vector<Entry>>> groups;
  std::vector<Entry> every;
  for (const OptionGroup& group : command.groups) {
    std::vector<Entry> entries;
    for (const OptionDescription& option : group.options) {
      if (option.rare && !all) {
        ++left_out;
      } else {
        entries.push_back(entry_of(option));
      }
    }
    every.insert(every.end(), entries.begin(), entries.end());
    if (!entries.empty()) groups.emplace_back(group.heading, std::move(entries));
  }
  const std::size_t column = column_beside(every, width);
  for (const auto& [heading, entries] : groups) {
    out << '\n' << heading << ":\n";
    print_entries(out, entries, column, width);
  }
  return left_out;
}

void print_synopses(std::ostream& out, const std::vector<std::string>& synopses,
                    std::size_t width) {
  const std::string usage = "usage: ";
  std::string before = usage;
  for (const std::string& synopsis : synopses) {
    for (const std::string& line : wrapped("facenet " + synopsis, width - usage.size() - kIndent)) {
      out << before << line << '\n';
      before = std::string(usage.size() + kIndent, ' ');
    }
    before = std::string(usage.size(), ' ');
  }
}

}  // namespace

void print_program_help(std::ostream& out, const ProgramDescription& program, std::size_t width) {
  out << "usage: facenet COMMAND [ARGUMENTS]\n";
  print_paragraphs(out, program.paragraphs, width);
  out << "\nCommands:\n";
  print_list(out, entries_of(program.commands), width);
  out << "\nExit status:\n";
  std::vector<Entry> statuses;
  for (const Paragraph& status : program.exit_statuses)
    statuses.push_back({status.term, status.text});
  print_list(out, statuses, width);
  out << '\n';
  print_paragraph(
      out,
      "Run `facenet COMMAND -h` for help with a command, and `facenet --version` to see the "
      "version and the libraries in use.",
      width);
}

void print_command_help(std::ostream& out, const CommandDescription& command, std::size_t width,
                        bool all) {
  print_synopses(out, command.synopses, width);
  print_paragraphs(out, command.paragraphs, width);
  if (!command.subcommands.empty()) {
    out << "\nCommands:\n";
    print_list(out, entries_of(command.subcommands), width);
    out << '\n';
    std::string more = fmt::format("Run `facenet {} COMMAND -h` for help with one.", command.name);
    if (!command.preset.empty())
      more += fmt::format(" `facenet {0}` alone means `facenet {0} {1}`.", command.name,
                          command.preset);
    print_paragraph(out, more, width);
  }
  if (const std::size_t left_out = print_options(out, command, width, all); left_out > 0) {
    out << fmt::format("\n{} more option{}: facenet {} -h --all\n", left_out,
                       left_out == 1 ? "" : "s", command.name);
  }
}

}  // namespace facenet
