# How our own code is compiled: warnings are errors, sanitizers on request.
#
# Everything has the same flags, position-independent code for facenet_torch.so included, because
# that is what lets all targets share two precompiled headers.
add_library(facenet_options INTERFACE)
target_compile_options(facenet_options INTERFACE
  -fPIC -pthread -Wall -Wextra -Wpedantic -Wconversion -Werror)
target_include_directories(facenet_options INTERFACE "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/lib")
target_link_libraries(facenet_options INTERFACE fmt::fmt)
if(CMAKE_UNITY_BUILD)
  # In one file with others, a class with a private part of a local type looks as if a header had it.
  target_compile_options(facenet_options INTERFACE -Wno-subobject-linkage)
endif()
if(FACENET_FUZZ)
  target_compile_options(facenet_options INTERFACE -Wno-sign-conversion)  # clang's -Wconversion has it, GCC's not
endif()
if(FACENET_SANITIZE)
  target_compile_options(facenet_options INTERFACE
    "-fsanitize=${FACENET_SANITIZE}" -fno-sanitize-recover=all -fno-omit-frame-pointer
    -Wno-maybe-uninitialized)  # GCC's manual: sanitizers lead it to false warnings
  target_link_options(facenet_options INTERFACE "-fsanitize=${FACENET_SANITIZE}")
endif()

# The precompiled headers, each for many targets: what most files use, with LibTorch's tensors (10
# seconds a file otherwise) and with GoogleTest. A file still includes all that it uses; the layering
# test sees to it that it may.
file(WRITE "${CMAKE_BINARY_DIR}/prelude.cpp" "")
set(usual_headers
  <algorithm> <array> <cmath> <cstdint> <functional> <map> <memory> <optional> <set> <span> <string>
  <string_view> <unordered_map> <utility> <vector> <fmt/format.h> <nlohmann/json.hpp>)

# facenet_prelude(NAME [TORCH] [HEADERS…])
function(facenet_prelude name)
  cmake_parse_arguments(ARG "TORCH" "" "HEADERS" ${ARGN})
  add_library(${name} OBJECT EXCLUDE_FROM_ALL "${CMAKE_BINARY_DIR}/prelude.cpp")
  target_link_libraries(${name} PRIVATE facenet_options)
  if(ARG_TORCH)
    target_include_directories(${name} SYSTEM PRIVATE ${TORCH_INCLUDE_DIRS})
    target_link_libraries(${name} PRIVATE ${TORCH_LIBRARIES})
    list(APPEND ARG_HEADERS <ATen/ATen.h>)
  endif()
  target_precompile_headers(${name} PRIVATE ${usual_headers} ${ARG_HEADERS})
endfunction()

facenet_prelude(facenet_prelude)
facenet_prelude(facenet_prelude_torch TORCH)
if(FACENET_BUILD_TESTS)
  facenet_prelude(facenet_prelude_test HEADERS <gmock/gmock.h> <gtest/gtest.h>)
  facenet_prelude(facenet_prelude_test_torch TORCH HEADERS <gmock/gmock.h> <gtest/gtest.h>)
  target_link_libraries(facenet_prelude_test PRIVATE GTest::gmock)
  target_link_libraries(facenet_prelude_test_torch PRIVATE GTest::gmock)
  # Tests run once: to optimise their own code takes as long again as to compile it.
  set(facenet_test_optimisation -O0)
  target_compile_options(facenet_prelude_test PRIVATE ${facenet_test_optimisation})
  target_compile_options(facenet_prelude_test_torch PRIVATE ${facenet_test_optimisation})
endif()

# facenet_target(NAME [TORCH] [TEST]): how a target of our own is compiled. With TORCH it may include
# LibTorch's headers.
function(facenet_target name)
  cmake_parse_arguments(ARG "TORCH;TEST" "" "" ${ARGN})
  set(prelude facenet_prelude)
  if(ARG_TEST)
    string(APPEND prelude _test)
  endif()
  if(ARG_TORCH)
    string(APPEND prelude _torch)
    target_include_directories(${name} SYSTEM PRIVATE ${TORCH_INCLUDE_DIRS})
    target_link_libraries(${name} PRIVATE ${TORCH_LIBRARIES})
  endif()
  target_precompile_headers(${name} REUSE_FROM ${prelude})
endfunction()

# facenet_library(NAME [TORCH] SOURCES… [PUBLIC …] [PRIVATE …])
# A folder's static library. Heavy dependencies are PRIVATE: they do not show in headers.
function(facenet_library name)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC facenet_options ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
  if(ARG_TORCH)
    facenet_target(${name} TORCH)
  else()
    facenet_target(${name})
  endif()
endfunction()
