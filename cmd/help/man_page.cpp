#include "cmd/help/man_page.h"

#include <algorithm>
#include <cctype>
#include <sstream>

#include "base/format.h"
#include "cmd/help/mdoc.h"

namespace facenet {
namespace {

void print_head(std::ostream& out, const std::string& name, const std::string& summary,
                const std::string& date) {
  std::string title = name;
  std::transform(title.begin(), title.end(), title.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  out << fmt::format(".\\\" Made by `facenet help --man`.\n.Dd {}\n.Dt {} 1\n.Os\n", date, title);
  out << fmt::format(".Sh NAME\n.Nm {}\n.Nd {}\n", name, mdoc_line(summary));
}

void print_paragraphs(std::ostream& out, const std::vector<Paragraph>& paragraphs) {
  MdocList list(out);
  bool first = true;
  for (const Paragraph& paragraph : paragraphs) {
    if (!paragraph.term.empty()) {
      list.item(mdoc_term(paragraph.term), paragraph.text);
    } else {
      list.end();
      if (!first) out << ".Pp\n";
      out << mdoc_text(paragraph.text);
    }
    first = false;
  }
}

void print_options(std::ostream& out, const std::vector<OptionGroup>& groups, bool with_headings) {
  for (const OptionGroup& group : groups) {
    if (group.options.empty()) continue;
    if (with_headings) out << fmt::format(".Ss {}\n", mdoc_line(group.heading));
    MdocList list(out);
    for (const OptionDescription& option : group.options) {
      std::string text = option.help + '.';
      if (!option.default_value.empty())
        text += fmt::format(" The default is {}.", option.default_value);
      list.item(mdoc_option(option), text);
    }
  }
}

void print_exit_status(std::ostream& out, const std::vector<Paragraph>& statuses) {
  out << ".Sh EXIT STATUS\n";
  MdocList list(out);
  for (const Paragraph& status : statuses) list.item(mdoc_term(status.term), status.text + '.');
}

void print_list(std::ostream& out, const char* section, const std::vector<Paragraph>& entries,
                const char* macro) {
  if (entries.empty()) return;
  out << fmt::format(".Sh {}\n", section);
  MdocList list(out);
  for (const Paragraph& entry : entries)
    list.item(fmt::format("{} {}", macro, mdoc_line(entry.term)), entry.text + '.');
}

bool is_same(const OptionDescription& a, const OptionDescription& b) {
  return a.name == b.name && a.help == b.help && a.default_value == b.default_value &&
         a.value == b.value;
}

bool has(const CommandDescription& command, const OptionDescription& wanted) {
  return std::ranges::any_of(command.groups, [&](const OptionGroup& group) {
    return std::ranges::any_of(
        group.options, [&](const OptionDescription& option) { return is_same(option, wanted); });
  });
}

/// The options of a command that all of `commands` have, or, with `shared` false, the others.
std::vector<OptionGroup> options_of(const CommandDescription& command,
                                    const std::vector<CommandDescription>& commands, bool shared) {
  std::vector<OptionGroup> groups;
  for (const OptionGroup& group : command.groups) {
    OptionGroup chosen{group.heading};
    for (const OptionDescription& option : group.options) {
      const bool in_all = std::ranges::all_of(
          commands, [&](const CommandDescription& other) { return has(other, option); });
      if (in_all == shared) chosen.options.push_back(option);
    }
    if (!chosen.options.empty()) groups.push_back(std::move(chosen));
  }
  return groups;
}

void print_subcommands(std::ostream& out, const CommandDescription& command) {
  out << ".Sh COMMANDS\n";
  if (!command.preset.empty())
    out << mdoc_text(
        fmt::format("`facenet {0}` alone means `facenet {0} {1}`.", command.name, command.preset));
  for (const CommandDescription& subcommand : command.subcommands) {
    out << fmt::format(".Ss facenet {}\n", subcommand.name);
    print_paragraphs(out, subcommand.paragraphs);
    print_options(out, options_of(subcommand, command.subcommands, false), false);
  }
  out << ".Sh OPTIONS\nAll of these commands have the following options.\n";
  print_options(out, options_of(command.subcommands.front(), command.subcommands, true), true);
}

void print_hidden(std::ostream& out, const CommandDescription& command) {
  out << fmt::format(".Ss facenet {}\n", command.name);
  print_paragraphs(out, command.paragraphs);
  print_options(out, command.groups, false);
}

}  // namespace

std::string page_name(const CommandDescription& command) {
  return "facenet-" + command.name;
}

void print_program_page(std::ostream& out, const ProgramDescription& program,
                        const std::string& date) {
  print_head(out, "facenet", program.summary, date);
  out << ".Sh SYNOPSIS\n.Nm facenet\n.Ar COMMAND\n.Op Ar ARGUMENTS\n.Nm facenet\n.Fl -version\n";
  out << ".Sh DESCRIPTION\n";
  print_paragraphs(out, program.paragraphs);
  out << ".Sh COMMANDS\n";
  {
    MdocList list(out);
    for (const CommandDescription& command : program.commands)
      if (!command.hidden)
        list.item(fmt::format("Xr {} 1", page_name(command)), command.summary + '.');
  }
  for (const CommandDescription& command : program.commands)
    if (command.hidden) print_hidden(out, command);
  print_list(out, "ENVIRONMENT", program.environment, "Ev");
  print_list(out, "FILES", program.files, "Pa");
  print_exit_status(out, program.exit_statuses);
}

void print_command_page(std::ostream& out, const CommandDescription& command,
                        const std::vector<Paragraph>& exit_statuses, const std::string& date) {
  print_head(out, page_name(command), command.summary, date);
  out << ".Sh SYNOPSIS\n";
  if (command.subcommands.empty())
    for (const std::string& synopsis : command.synopses) out << mdoc_synopsis(synopsis);
  for (const CommandDescription& subcommand : command.subcommands)
    for (const std::string& synopsis : subcommand.synopses) out << mdoc_synopsis(synopsis);
  out << ".Sh DESCRIPTION\n";
  print_paragraphs(out, command.paragraphs);
  if (command.subcommands.empty()) {
    out << ".Sh OPTIONS\n";
    print_options(out, command.groups, true);
  } else {
    print_subcommands(out, command);
  }
  print_exit_status(out, exit_statuses);
  out << ".Sh SEE ALSO\n.Xr facenet 1\n";
}

}  // namespace facenet
