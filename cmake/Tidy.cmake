# Passes every file through clang-tidy as it is compiled, and fails on the first complaint of each.
find_program(CLANG_TIDY clang-tidy-19 REQUIRED)
include(OlderStandardLibrary)
set(CMAKE_CXX_CLANG_TIDY "${CLANG_TIDY}" --quiet
  "--extra-arg-before=--gcc-install-dir=${older_gcc}" "--extra-arg=-idirafter${older_gcc}/include" --extra-arg=-Wno-unknown-warning-option)

# GCC's precompiled headers are not clang's; and without any, a file has to include what it uses.
set(CMAKE_DISABLE_PRECOMPILE_HEADERS ON)

# What scripts/bench compiles by itself.
add_library(facenet_bench_peers OBJECT
  "${PROJECT_SOURCE_DIR}/scripts/bench/dlib_peer.cpp" "${PROJECT_SOURCE_DIR}/scripts/bench/dlib_witness.cpp")
target_link_libraries(facenet_bench_peers PRIVATE facenet_options dlib::dlib)
set_target_properties(facenet_bench_peers PROPERTIES UNITY_BUILD OFF)  # each has a main
