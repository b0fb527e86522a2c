// Looking at the people in a browser.
#include "web/serve.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <iostream>
#include <spawn.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/logging.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/common_options.h"
#include "library/library.h"
#include "web/insight.h"
#include "web/picture_cache.h"

namespace facenet {
namespace {

constexpr int kPort = 8765, kTries = 100;

bool has_display() {
  for (const char* const name : {"DISPLAY", "WAYLAND_DISPLAY"})
    if (const char* const value = std::getenv(name); value != nullptr && *value != '\0')
      return true;
  return false;
}

/// A page that leads to the link, for the browser to open: other users can read what a program is
/// called with, but not this file. Gone again with this object.
class LinkPage {
 public:
  explicit LinkPage(const std::string& link) {
    const std::string folder = user_cache_folder();
    if (folder.empty()) return;
    make_folder(folder);
    path_ = fmt::format("{}/open-{}.html", folder, ::getpid());
    std::filesystem::remove(path_);
    const Descriptor file(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    const std::string page = fmt::format(
        "<!doctype html><meta charset=\"utf-8\"><title>facenet</title>"
        "<meta http-equiv=\"refresh\" content=\"0; url={}\">\n",
        link);
    if (file.get() < 0 || ::write(file.get(), page.data(), page.size()) != std::ssize(page))
      path_.clear();
  }
  ~LinkPage() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove(path_, ignored);
  }
  LinkPage(const LinkPage&) = delete;
  LinkPage& operator=(const LinkPage&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Whether a browser is on its way. What it prints goes nowhere.
bool open_browser(const std::string& page) {
  if (page.empty()) return false;
  std::string program = "xdg-open";
  std::string argument = page;
  char* const words[] = {program.data(), argument.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_RDWR, 0);
  pid_t child = 0;
  const int failure = ::posix_spawnp(&child, program.c_str(), &actions, nullptr, words, environ);
  posix_spawn_file_actions_destroy(&actions);
  return failure == 0;
}

/// The same options for `facenet insight`, but for those that it does not have.
std::vector<std::string> words_of_insight(std::span<const std::string> words) {
  std::vector<std::string> kept = {"insight"};
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--port")
      ++i;
    else if (words[i] != "--no-browser" && !words[i].starts_with("--port="))
      kept.push_back(words[i]);
  }
  return kept;
}

}  // namespace

ExitStatus run_serve(Arguments arguments) {
  CommonOptions common;
  ServeOptions options{.port = kPort, .tries = kTries};
  bool no_browser = false;
  CommandLine line(
      "serve [OPTIONS]",
      "Shows the people in your browser, to look at, name, merge, split and review them: all that "
      "`facenet people` can say, by mouse and keyboard. Prints the link to open, and opens it. "
      "Ctrl-C ends it; what was said is stored at once.\n\n"
      "It answers this machine alone, and only who has the link. From another machine, go through "
      "an ssh tunnel: `ssh -L 8765:127.0.0.1:8765 HOST`.");
  line.option("port", options.port, "N",
              "the port, from 1 to 65535 (default: 8765, or the next that is free); 0 takes any");
  line.flag("no-browser", no_browser, "only print the link");
  common.add_catalog(line);
  common.add_threads(line);
  common.add_messages(line);
  EmbedderOptions embedder;
  add_model_options(line, embedder);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  common.apply();
  constexpr int kHighestPort = 65535;
  if (options.port < 0 || options.port > kHighestPort)
    fail<UsageError>("--port must be from 0 to {}", kHighestPort);
  if (line.given("port")) options.tries = 1;
  options.catalog = absolute_path(common.catalog_path());
  options.threads = common.thread_count();
  options.insight = words_of_insight(arguments.words);

  std::optional<LinkPage> page;
  serve(options, [&](const std::string& link) {
    std::cout << link << '\n' << std::flush;
    if (!no_browser && has_display()) page.emplace(link);
    const bool opens = page && open_browser(page->path());
    log_info("{}Ctrl-C ends it", opens ? "your browser opens; " : "open this link in a browser; ");
  });
  return ExitStatus::kOk;
}

/// For run_serve() alone.
ExitStatus run_insight(Arguments arguments) {
  CommonOptions common;
  EmbedderOptions embedder;
  CommandLine line("insight [OPTIONS]",
                   "Compares everybody with everybody, for the page of `facenet serve`, and prints "
                   "as JSON what that is to show.");
  common.add_catalog(line);
  common.add_threads(line);
  common.add_messages(line);
  add_model_options(line, embedder);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  common.apply();
  const Catalog catalog(common.catalog_path(), Catalog::Mode::kRead);
  const CatalogModel model = model_of_catalog(catalog, embedder, line.given("model"));
  std::cout << to_json(find_insight(catalog, model, common.thread_count())) << '\n';
  return ExitStatus::kOk;
}

}  // namespace facenet
