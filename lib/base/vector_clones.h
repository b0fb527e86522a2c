#pragma once

/// Before a function: one binary serves every processor. The function is compiled for each kind of
/// vector registers, and the loader picks. Sanitizers do not mix with the loader's choice.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define FACENET_VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FACENET_VECTOR_CLONES
#endif
