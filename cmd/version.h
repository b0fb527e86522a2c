#pragma once

#include <ostream>

namespace facenet {

/// The program's version and the libraries, BLAS, vector instructions and threads in use.
void print_version(std::ostream& out);

}  // namespace facenet
