#pragma once

#include <string>

namespace facenet {

/// Sets the threads of LibTorch, OpenMP and BLAS for calls that are made from the calling thread.
/// Debian's LibTorch starts with one thread whatever the machine has.
void set_compute_threads(int threads);

/// Makes malloc keep what is freed. Without it every layer's result comes from the system and goes
/// back to it, and much of the time goes into clearing its pages. Blocks above 32 MB (large photos)
/// still go back.
void keep_freed_memory();

/// One line for `--version`: LibTorch, BLAS, oneDNN and vector instructions in use.
std::string describe_compute_runtime();

}  // namespace facenet
