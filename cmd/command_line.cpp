#include "cmd/command_line.h"

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <set>
#include <sstream>

#include <boost/program_options.hpp>

#include "base/error.h"
#include "base/nearest.h"
#include "base/text.h"
#include "cmd/configuration.h"
#include "cmd/help/help_text.h"
#include "cmd/help/layout.h"

namespace facenet {

namespace po = boost::program_options;

namespace {

constexpr const char* kPositional = "positional";

template <class T>
std::string default_text(const T& value) {
  if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    return "";
  } else {
    const std::string text = fmt::format("{}", value);
    return text == "0" ? "" : text;
  }
}

template <class T>
po::typed_value<T>* value_for(T& target) {
  auto* value = po::value<T>(&target);
  // Those of the configuration file are kept beside those of the command line.
  if constexpr (std::is_same_v<T, std::vector<std::string>>) value->composing();
  return value;
}

/// Whether there is a "%value%" or the like in it. Boost's messages have such places, which it
/// fills with what was typed, and looks for more to fill: for ever, where one was typed.
bool has_placeholder(const std::string& word) {
  for (std::size_t at = word.find('%'); at != word.npos; at = word.find('%', at + 1)) {
    const std::size_t end = word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", at + 1);
    if (end != word.npos && end > at + 1 && word[end] == '%') return true;
  }
  return false;
}

/// What a shell should offer for a value of this name.
Completion completion_of(const std::string& value_name) {
  const auto names_one_of = [&](std::initializer_list<const char*> kinds) {
    return std::ranges::any_of(
        kinds, [&](const char* kind) { return value_name.find(kind) != std::string::npos; });
  };
  if (names_one_of({"FILE", ".npy", "PATH", "PHOTO", "DATA"})) return Completion::kFiles;
  if (names_one_of({"DIR", "FOLDER"})) return Completion::kFolders;
  return Completion::kNothing;
}

}  // namespace

struct CommandLine::Impl {
  CommandDescription description;
  std::size_t group = 0;  ///< of `description`, which options are added to
  po::options_description options;
  std::set<std::string> given;
  std::string positional_name;
  std::vector<std::string>* positionals = nullptr;
  std::size_t least = 0, most = 0;

  OptionDescription& add(const std::string& name, const po::value_semantic* value,
                         OptionDescription option) {
    options.add_options()(name.c_str(), value, "");
    option.name = name.substr(0, name.find(','));
    if (option.name.size() < name.size()) option.letter = name.back();
    return description.groups[group].options.emplace_back(std::move(option));
  }

  void complete(const Arguments& arguments);
  [[noreturn]] void refuse(const po::error& error, std::span<const std::string> words) const;
  std::vector<std::string> store(std::span<const std::string> words);
  void store_configuration(po::variables_map& values) const;
  void check_choices(const po::variables_map& values) const;
  void take_positionals(std::vector<std::string> words);
};

/// What is known only when all options have been named.
void CommandLine::Impl::complete(const Arguments& arguments) {
  description.name = arguments.command;
  auto& groups = description.groups;
  const auto place = [](const OptionGroup& group) {
    return group.heading == kGeneralHeading ? 2 : group.heading == kSpeedHeading ? 1 : 0;
  };
  std::ranges::stable_sort(groups, {}, place);
  const bool any_rare = std::ranges::any_of(groups, [](const OptionGroup& options) {
    return std::ranges::any_of(options.options, &OptionDescription::rare);
  });
  groups.back().options.push_back(
      {.name = "help",
       .letter = 'h',
       .help = any_rare ? "show this help; with --all, show every option" : "show this help"});
}

/// Boost's reasons, with what may have been meant.
void CommandLine::Impl::refuse(const po::error& error, std::span<const std::string> words) const {
  for (const std::string& word : words)
    if (has_placeholder(word)) fail<UsageError>("cannot understand '{}'", word);
  if (const auto* unknown = dynamic_cast<const po::unknown_option*>(&error)) {
    std::string typed = unknown->get_option_name();
    typed.erase(0, typed.find_first_not_of('-'));
    std::vector<std::string> names;
    for (const OptionGroup& group : description.groups)
      for (const OptionDescription& option : group.options) names.push_back(option.name);
    if (const auto meant = nearest_word(typed, names))
      fail<UsageError>("{} (did you mean --{}?)", error.what(), *meant);
  }
  throw UsageError(error.what());
}

/// Writes the values to their targets and returns the words that are no options.
std::vector<std::string> CommandLine::Impl::store(std::span<const std::string> words) {
  po::options_description all;
  all.add(options);
  all.add_options()(kPositional, po::value<std::vector<std::string>>());
  po::positional_options_description positions;
  positions.add(kPositional, -1);

  using Style = po::command_line_style::style_t;
  // No guessing of abbreviated options: a script must not change its meaning when an option is
  // added.
  constexpr int kStyle = Style::unix_style & ~Style::allow_guessing;
  po::variables_map values;
  try {
    const std::vector<std::string> copy(words.begin(), words.end());
    po::store(po::command_line_parser(copy).options(all).positional(positions).style(kStyle).run(),
              values);
    for (const auto& [name, value] : values) given.insert(name);
    store_configuration(values);
    check_choices(values);
    po::notify(values);
  } catch (const po::error& error) {
    refuse(error, words);
  }
  return given.contains(kPositional) ? values[kPositional].as<std::vector<std::string>>()
                                     : std::vector<std::string>();
}

/// Of what was stored before, only options that may be repeated get more values.
void CommandLine::Impl::store_configuration(po::variables_map& values) const {
  const auto is_known = [this](const std::string& name) {
    return options.find_nothrow(name, false) != nullptr;
  };
  if (!std::ranges::any_of(setting_names(), is_known)) return;
  po::parsed_options defaults(&options);
  for (const Setting& setting : read_configuration().settings)
    if (is_known(setting.name) && !Configuration::is_overridden(setting))
      defaults.options.emplace_back(setting.name, std::vector{setting.value});
  po::store(defaults, values);
}

void CommandLine::Impl::check_choices(const po::variables_map& values) const {
  for (const OptionGroup& group : description.groups) {
    for (const OptionDescription& option : group.options) {
      const auto found = values.find(option.name);
      if (option.choices.empty() || found == values.end()) continue;
      const auto* value = boost::any_cast<std::string>(&found->second.value());
      if (value == nullptr || std::ranges::count(option.choices, *value) > 0) continue;
      fail<UsageError>("--{} is {}, not '{}'", option.name, listed(option.choices, "or"), *value);
    }
  }
}

void CommandLine::Impl::take_positionals(std::vector<std::string> words) {
  if (positionals == nullptr) {
    if (!words.empty()) fail<UsageError>("unexpected argument '{}'", words.front());
    return;
  }
  if (words.size() < least) fail<UsageError>("missing {}", positional_name);
  if (words.size() > most) fail<UsageError>("unexpected argument '{}'", words[most]);
  *positionals = std::move(words);
}

CommandLine::CommandLine(const std::string& synopsis, const std::string& description)
    : impl_(std::make_unique<Impl>()) {
  std::istringstream lines(synopsis);
  for (std::string line; std::getline(lines, line);) impl_->description.synopses.push_back(line);
  impl_->description.paragraphs = paragraphs_of(description);
  heading("Options");
}

CommandLine::~CommandLine() = default;

void CommandLine::term(const std::string& term, const std::string& text) {
  impl_->description.paragraphs.push_back({term, text});
}

void CommandLine::paragraph(const std::string& text) {
  impl_->description.paragraphs.push_back({"", text});
}

void CommandLine::heading(const std::string& text) {
  auto& groups = impl_->description.groups;
  const auto found = std::find_if(groups.begin(), groups.end(),
                                  [&](const OptionGroup& group) { return group.heading == text; });
  impl_->group = static_cast<std::size_t>(found - groups.begin());
  if (found == groups.end()) groups.push_back({text, {}});
}

const std::string& CommandLine::heading() const {
  return impl_->description.groups[impl_->group].heading;
}

template <class T>
OptionDescription& CommandLine::option(const std::string& name, T& target,
                                       const std::string& value_name, const std::string& help) {
  return impl_->add(name, value_for(target),
                    {.value = value_name,
                     .default_value = default_text(target),
                     .help = help,
                     .completion = completion_of(value_name)});
}

template OptionDescription& CommandLine::option(const std::string&, std::string&,
                                                const std::string&, const std::string&);
template OptionDescription& CommandLine::option(const std::string&, int&, const std::string&,
                                                const std::string&);
template OptionDescription& CommandLine::option(const std::string&, std::int64_t&,
                                                const std::string&, const std::string&);
template OptionDescription& CommandLine::option(const std::string&, double&, const std::string&,
                                                const std::string&);
template OptionDescription& CommandLine::option(const std::string&, std::vector<std::string>&,
                                                const std::string&, const std::string&);

OptionDescription& CommandLine::flag(const std::string& name, bool& target,
                                     const std::string& help) {
  // Not po::bool_switch, which sets the target to false where the flag is not given.
  return impl_->add(name, po::value<bool>(&target)->implicit_value(true)->zero_tokens(),
                    {.help = help});
}

OptionDescription& CommandLine::negative_flag(const std::string& name, bool& target,
                                              const std::string& help) {
  auto* value = po::value<bool>()->implicit_value(true)->zero_tokens();
  value->notifier([&target](bool given) { target = target && !given; });
  return impl_->add(name, value, {.help = help});
}

ArgumentDescription& CommandLine::positionals(const std::string& name,
                                              std::vector<std::string>& target, std::size_t least,
                                              std::size_t most) {
  impl_->positional_name = name;
  impl_->positionals = &target;
  impl_->least = least;
  impl_->most = most;
  ArgumentDescription& argument = impl_->description.argument;
  argument.name = name.substr(0, name.find_first_of(" :"));
  argument.completion = completion_of(argument.name);
  return argument;
}

bool CommandLine::parse(const Arguments& arguments) {
  impl_->complete(arguments);
  if (arguments.description != nullptr) {
    *arguments.description = impl_->description;
    return false;
  }
  if (asks_for_help(arguments.words)) {
    show_configured_defaults(impl_->description);
    print_command_help(std::cout, impl_->description, text_width(), asks_for_all(arguments.words));
    return false;
  }
  impl_->take_positionals(impl_->store(arguments.words));
  return true;
}

bool CommandLine::given(const std::string& name) const {
  return impl_->given.contains(name);
}

bool asks_for_help(std::span<const std::string> words) {
  for (const std::string& word : words) {
    if (word == "--") return false;
    if (word == "-h" || word == "--help") return true;
  }
  return false;
}

bool asks_for_all(std::span<const std::string> words) {
  return std::ranges::count(words, "--all") > 0;
}

std::vector<Paragraph> paragraphs_of(const std::string& text) {
  std::vector<Paragraph> paragraphs;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find("\n\n", at), text.size());
    paragraphs.push_back({"", text.substr(at, end - at)});
    at = end + 2;
  }
  return paragraphs;
}

}  // namespace facenet
