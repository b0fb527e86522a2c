#pragma once

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test/support/temporary_folder.h"

namespace facenet::test {

/// What a run of the program left.
struct ProgramRun {
  int status = -1;  ///< exit status; 128 + signal when a signal ended it
  std::string out, err;

  /// stdout as JSON; a test failure and null when it is none.
  nlohmann::json json() const;
  /// Lines of stderr.
  std::vector<std::string> errors() const;
};

/// A folder of its own for each test, with a home for the program in it: nothing of the machine's
/// user is read or written.
class ProgramTest : public testing::Test {
 protected:
  void SetUp() override;

  /// Path in the test's folder.
  std::string path(const std::string& name) const { return folder_.path(name); }
  std::string catalog() const { return path("catalog.db"); }

  /// Runs `facenet ARGUMENTS` in the test's folder, with more environment variables when given.
  ProgramRun facenet(const std::vector<std::string>& arguments,
                     const std::map<std::string, std::string>& environment = {}) const;
  /// Runs a script of bash in the same way; $FACENET is the program.
  ProgramRun bash(const std::string& script) const;
  /// Runs the program, started and left running; the process id. Its stdout goes into the file
  /// `out` of the test's folder; other runs have another.
  int start(const std::vector<std::string>& arguments,
            const std::map<std::string, std::string>& environment = {},
            const std::string& out = ".stdout") const;

  /// Copies one of the labelled photos that Debian's dlib ships: "johns/John_Simm/000050.jpg".
  void copy_photo(const std::string& name, const std::string& to) const;
  void copy_photos(const std::string& folder, const std::string& to) const;
  void write(const std::string& name, const std::string& bytes) const;
  std::string read(const std::string& name) const;

  const TemporaryFolder folder_;
};

/// Folder with dlib's `johns` and `faces`.
std::string test_photos();

/// Folder with the converted weights.
std::string test_models();

/// Five people ("John_Salley"...) with their photos, paths relative to test_photos().
std::vector<std::string> johns();

/// For tests that read or write pictures themselves.
void start_image_library();

/// Waits for a process and returns its exit status as ProgramRun::status has it.
int wait_for(int process);

}  // namespace facenet::test
