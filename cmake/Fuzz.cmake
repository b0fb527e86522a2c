# The targets of test/fuzz for libFuzzer, which is clang's.
include(OlderStandardLibrary)
add_compile_options("--gcc-install-dir=${older_gcc}" "SHELL:-idirafter ${older_gcc}/include"
  -fsanitize=fuzzer-no-link -Wno-unknown-warning-option)
# LibTorch's headers take longer without, but GCC's are not clang's.
set(CMAKE_DISABLE_PRECOMPILE_HEADERS ON)
