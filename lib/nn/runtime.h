#pragma once

#include <string>

namespace facenet {

/// Sets the threads of LibTorch, OpenMP and BLAS for calls that are made from the calling thread.
/// Debian's LibTorch starts with one thread whatever the machine has.
void set_compute_threads(int threads);

/// One line for `--version`: LibTorch, BLAS, oneDNN and vector instructions in use.
std::string describe_compute_runtime();

}  // namespace facenet
