// Arguments and configuration files: every line of words is taken or refused with a message.
#include "cmd/command_line.h"

#include <cstdlib>
#include <sstream>
#include <unistd.h>

#include "base/error.h"
#include "cmd/configuration.h"
#include "test/fuzz/fuzz.h"

using namespace facenet;

namespace {

struct Options {
  std::string text = "default";
  int count = 3;
  std::int64_t large = 7;
  double number = 0.5;
  std::vector<std::string> many;
  bool flag = false, other = true;
  std::vector<std::string> words;
};

/// An option of every type, as commands have them.
bool parse(Options& options, const Arguments& arguments) {
  CommandLine line("test [OPTIONS] FILE...", "Does nothing.");
  line.positionals("FILE: give files", options.words, 1, 3);
  line.option("catalog", options.text, "FILE", "a text that the configuration may give");
  line.option("threads,t", options.count, "N", "a number that it may give");
  line.option("max-pixels", options.large, "N", "a large number");
  line.option("threshold", options.number, "D", "a fraction");
  line.option("exclude", options.many, "PATTERN", "several");
  line.option("detector", options.text, "NAME", "one of some").choices = {"yunet", "mtcnn"};
  line.flag("json,j", options.flag, "a switch");
  line.negative_flag("no-flip", options.other, "a switch that is on");
  return line.parse(arguments);
}

std::vector<std::string> words_in(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream in(text);
  for (std::string word; std::getline(in, word);) words.push_back(word);
  return words;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  // Words, a line each; behind a NUL the configuration.
  const std::size_t cut = text.find('\0');
  const std::string settings = cut == std::string::npos ? "" : text.substr(cut + 1);
  const fuzz::MemoryFile file(
      {reinterpret_cast<const std::uint8_t*>(settings.data()), settings.size()});
  ::setenv("FACENET_CONFIG", settings.empty() ? "" : file.path().c_str(), 1);
  try {
    const Configuration configuration = read_configuration();
    for (const Setting& setting : configuration.settings)
      FUZZ_EXPECT(!configuration.place_of(setting).empty());
  } catch (const Error& error) {
    fuzz::expect_message(error);
  }
  const std::vector<std::string> words = words_in(text.substr(0, cut));
  if (asks_for_help(words)) return 0;  // prints
  try {
    Options options;
    if (parse(options, {.command = "test", .words = words}))
      FUZZ_EXPECT(!options.words.empty() && options.words.size() <= 3);
  } catch (const Error& error) {
    fuzz::expect_message(error);
  }
  return 0;
}
