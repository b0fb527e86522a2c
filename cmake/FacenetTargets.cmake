# How our own code is compiled: warnings are errors, sanitizers and clang-tidy on request.
add_library(facenet_options INTERFACE)
target_compile_options(facenet_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Werror)
target_include_directories(facenet_options INTERFACE "${PROJECT_SOURCE_DIR}" "${CMAKE_SOURCE_DIR}/lib")
if(FACENET_SANITIZE)
  target_compile_options(facenet_options INTERFACE
    "-fsanitize=${FACENET_SANITIZE}" -fno-sanitize-recover=all -fno-omit-frame-pointer
    -Wno-maybe-uninitialized)  # GCC's manual: sanitizers lead it to false warnings
  target_link_options(facenet_options INTERFACE "-fsanitize=${FACENET_SANITIZE}")
endif()

# facenet_library(NAME SOURCES… [PUBLIC …] [PRIVATE …])
# A folder's static library. Heavy dependencies are PRIVATE: they do not show in headers.
function(facenet_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC facenet_options ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
  facenet_tidy(${name})
endfunction()

function(facenet_tidy name)
  if(FACENET_TIDY)
    find_program(CLANG_TIDY clang-tidy REQUIRED)
    set_target_properties(${name} PROPERTIES CXX_CLANG_TIDY "${CLANG_TIDY}")
  endif()
endfunction()

# Torch is only for targets that compile against it; its headers take 15 s a file without this.
function(facenet_use_torch name)
  target_include_directories(${name} SYSTEM PRIVATE ${TORCH_INCLUDE_DIRS})
  target_link_libraries(${name} PRIVATE ${TORCH_LIBRARIES})
  target_precompile_headers(${name} PRIVATE <torch/torch.h>)
  # clang-tidy 14 cannot parse LibTorch 1.13's headers as C++20, nor GCC's precompiled headers.
  set_target_properties(${name} PROPERTIES CXX_CLANG_TIDY "")
endfunction()
