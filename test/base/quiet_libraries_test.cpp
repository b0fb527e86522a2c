#include "base/quiet_libraries.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/logging.h"

namespace facenet {
namespace {

TEST(QuietLibraries, OnlyTheProgramIsHeard) {
  const auto speak = [] {
    quiet_libraries();
    std::fputs("noise of a library\n", stderr);
    std::puts("noise of a library");
    log_error("our message");
    // A death test sees stderr alone.
    std::cerr << (stdout == stderr ? "" : "stdout is as it was") << std::flush;
    std::_Exit(0);
  };
  EXPECT_EXIT(speak(), testing::ExitedWithCode(0), "^facenet: our message\n$");
}

}  // namespace
}  // namespace facenet
