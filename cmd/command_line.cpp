#include "cmd/command_line.h"

#include <cstdint>
#include <iostream>
#include <sstream>

#include <boost/program_options.hpp>

#include "base/error.h"

namespace facenet {

namespace po = boost::program_options;

struct CommandLine::Impl {
  std::string synopsis, description;
  std::vector<std::unique_ptr<po::options_description>> groups;
  std::string positional_name;
  std::vector<std::string>* positionals = nullptr;
  std::size_t least = 0, most = 0;
  po::variables_map values;

  po::options_description& group() {
    if (groups.empty()) groups.push_back(std::make_unique<po::options_description>("Options"));
    return *groups.back();
  }
};

namespace {

template <class T>
std::string default_text(const T& value) {
  if constexpr (std::is_same_v<T, std::vector<std::string>>) {
    return "";
  } else {
    return fmt::format("{}", value);
  }
}

/// Boost says "the argument ('x') for option '--threads' is invalid" and the like; a sentence of
/// ours ends all of them.
[[noreturn]] void usage_error(const std::string& reason) {
  throw UsageError(reason);
}

}  // namespace

CommandLine::CommandLine(std::string synopsis, std::string description)
    : impl_(std::make_unique<Impl>()) {
  impl_->synopsis = std::move(synopsis);
  impl_->description = std::move(description);
}

CommandLine::~CommandLine() = default;

void CommandLine::heading(const std::string& text) {
  impl_->groups.push_back(std::make_unique<po::options_description>(text));
}

template <class T>
void CommandLine::option(const std::string& name, T& target, const std::string& value_name,
                         const std::string& help) {
  auto* value = po::value<T>(&target)->value_name(value_name);
  const std::string shown = default_text(target);
  if (!shown.empty() && shown != "0") value->default_value(target, shown);
  impl_->group().add_options()(name.c_str(), value, help.c_str());
}

template void CommandLine::option(const std::string&, std::string&, const std::string&,
                                  const std::string&);
template void CommandLine::option(const std::string&, int&, const std::string&, const std::string&);
template void CommandLine::option(const std::string&, std::int64_t&, const std::string&,
                                  const std::string&);
template void CommandLine::option(const std::string&, double&, const std::string&,
                                  const std::string&);
template void CommandLine::option(const std::string&, std::vector<std::string>&, const std::string&,
                                  const std::string&);

void CommandLine::flag(const std::string& name, bool& target, const std::string& help) {
  impl_->group().add_options()(name.c_str(), po::bool_switch(&target), help.c_str());
}

void CommandLine::negative_flag(const std::string& name, bool& target, const std::string& help) {
  auto* value = po::bool_switch()->notifier([&target](bool given) {
    if (given) target = false;
  });
  impl_->group().add_options()(name.c_str(), value, help.c_str());
}

void CommandLine::positionals(const std::string& name, std::vector<std::string>& target,
                              std::size_t least, std::size_t most) {
  impl_->positional_name = name;
  impl_->positionals = &target;
  impl_->least = least;
  impl_->most = most;
}

bool CommandLine::parse(std::span<const std::string> arguments) {
  po::options_description visible(100);
  for (const auto& group : impl_->groups) visible.add(*group);
  visible.add_options()("help,h", "show this text");

  po::options_description all;
  all.add(visible);
  all.add_options()("positional", po::value<std::vector<std::string>>());
  po::positional_options_description positions;
  positions.add("positional", -1);

  using Style = po::command_line_style::style_t;
  // No guessing of abbreviated options: a script must not change its meaning when an option is
  // added.
  constexpr int kStyle = Style::unix_style & ~Style::allow_guessing;
  try {
    const std::vector<std::string> words(arguments.begin(), arguments.end());
    po::store(po::command_line_parser(words).options(all).positional(positions).style(kStyle).run(),
              impl_->values);
    if (impl_->values.count("help") > 0) {
      std::cout << "usage: facenet " << impl_->synopsis << "\n\n"
                << impl_->description << "\n\n"
                << visible;
      return false;
    }
    po::notify(impl_->values);
  } catch (const po::error& error) {
    usage_error(error.what());
  }

  std::vector<std::string> positionals;
  if (impl_->values.count("positional") > 0) {
    positionals = impl_->values["positional"].as<std::vector<std::string>>();
  }
  if (impl_->positionals == nullptr && !positionals.empty()) {
    usage_error(fmt::format("unexpected argument '{}'", positionals.front()));
  }
  if (impl_->positionals != nullptr) {
    if (positionals.size() < impl_->least) {
      usage_error(fmt::format("missing {}", impl_->positional_name));
    }
    if (positionals.size() > impl_->most) {
      usage_error(fmt::format("unexpected argument '{}'", positionals[impl_->most]));
    }
    *impl_->positionals = std::move(positionals);
  }
  return true;
}

bool CommandLine::given(const std::string& name) const {
  const auto found = impl_->values.find(name);
  return found != impl_->values.end() && !found->second.defaulted();
}

}  // namespace facenet
