#pragma once

#include <ostream>
#include <string>

namespace facenet {

/// The commit that the program was built from, "abc1234" or "abc1234-dirty" with changes on top;
/// empty where that is not known. Made by cmake/Commit.cmake.
extern const char* const kCommit;

/// "0.2.0 (abc1234)"
std::string version_text();

/// The program's version and the libraries, BLAS, vector instructions and threads in use.
void print_version(std::ostream& out);

}  // namespace facenet
