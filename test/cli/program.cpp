#include "test/cli/program.h"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

#include "image/decode.h"

namespace facenet::test {

namespace fs = std::filesystem;

namespace {

/// Starts the program with stdout and stderr going to files: no pipe can fill up and block it.
int spawn(const char* program, const std::vector<std::string>& arguments,
          const std::map<std::string, std::string>& environment, const std::string& folder,
          const std::string& out, const std::string& err) {
  const pid_t child = fork();
  if (child != 0) return child;
  if (chdir(folder.c_str()) != 0) _exit(126);
  for (const auto& [file, descriptor] : {std::pair(out, 1), std::pair(err, 2)}) {
    const int opened = open(file.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0644);
    if (opened < 0 || dup2(opened, descriptor) < 0) _exit(126);
  }
  setenv("HOME", (folder + "/home").c_str(), 1);
  for (const char* name : {"XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "FACENET_CATALOG", "COLUMNS"})
    unsetenv(name);
  setenv("FACENET_CONFIG", "", 1);
  for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> argv = {const_cast<char*>(program)};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execv(program, argv.data());
  _exit(127);
}

/// A variable that ctest sets (test/CMakeLists.txt).
std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

ProgramRun run_in(const std::string& folder, const char* program,
                  const std::vector<std::string>& arguments,
                  const std::map<std::string, std::string>& environment) {
  const std::string out = folder + "/.stdout", err = folder + "/.stderr";
  ProgramRun run;
  run.status = wait_for(spawn(program, arguments, environment, folder, out, err));
  run.out = content(out);
  run.err = content(err);
  return run;
}

}  // namespace

nlohmann::json ProgramRun::json() const {
  auto parsed = nlohmann::json::parse(out, nullptr, false);
  EXPECT_FALSE(parsed.is_discarded()) << "not JSON: " << out << "\nstderr: " << err;
  return parsed.is_discarded() ? nlohmann::json() : parsed;
}

std::vector<std::string> ProgramRun::errors() const {
  std::vector<std::string> lines;
  std::istringstream stream(err);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

void ProgramTest::SetUp() {
  ASSERT_TRUE(fs::exists(test_photos() + "/johns"))
      << "no test photos; run scripts/test, which gets them from Debian's libdlib19.1";
}

ProgramRun ProgramTest::facenet(const std::vector<std::string>& arguments,
                                const std::map<std::string, std::string>& environment) const {
  return run_in(folder_.path(), FACENET_PROGRAM, arguments, environment);
}

ProgramRun ProgramTest::bash(const std::string& script) const {
  return run_in(folder_.path(), "/bin/bash", {"-c", script}, {{"FACENET", FACENET_PROGRAM}});
}

int ProgramTest::start(const std::vector<std::string>& arguments,
                       const std::map<std::string, std::string>& environment,
                       const std::string& out) const {
  return spawn(FACENET_PROGRAM, arguments, environment, folder_.path(), path(out),
               path(out == ".stdout" ? ".stderr" : out + ".err"));
}

void ProgramTest::copy_photo(const std::string& name, const std::string& to) const {
  fs::create_directories(fs::path(path(to)).parent_path());
  fs::copy_file(test_photos() + "/" + name, path(to), fs::copy_options::overwrite_existing);
}

void ProgramTest::copy_photos(const std::string& folder, const std::string& to) const {
  for (const auto& entry : fs::recursive_directory_iterator(test_photos() + "/" + folder)) {
    const std::string name = entry.path().lexically_relative(test_photos() + "/" + folder);
    if (entry.path().extension() == ".jpg") copy_photo(folder + "/" + name, to + "/" + name);
  }
}

void ProgramTest::write(const std::string& name, const std::string& bytes) const {
  fs::create_directories(fs::path(path(name)).parent_path());
  std::ofstream(path(name), std::ios::binary) << bytes;
}

std::string ProgramTest::read(const std::string& name) const {
  return content(path(name));
}

std::string test_photos() {
  return environment("FACENET_TEST_PHOTOS");
}

std::string test_models() {
  return environment("FACENET_MODELS");
}

std::vector<std::string> johns() {
  std::vector<std::string> names;
  for (const auto& person : fs::directory_iterator(test_photos() + "/johns")) {
    for (const auto& photo : fs::directory_iterator(person)) {
      names.push_back(photo.path().lexically_relative(test_photos()));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

void start_image_library() {
  static const ImageLibrary library("cli_test");
}

int wait_for(int process) {
  int status = 0;
  waitpid(process, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace facenet::test
