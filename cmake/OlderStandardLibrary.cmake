# older_gcc: the folder of GCC 11, whose standard library clang takes.
#
# What sees LibTorch 1.13 is beyond clang 14, Debian 12's default, which cannot parse that as C++20.
# Version 19 can, with the standard library of GCC 11: std::vector of GCC 12 is constexpr, which wants
# complete types sooner than LibTorch has them. omp.h is GCC's own, and 12's is beyond clang.
set(older_gcc "/usr/lib/gcc/${CMAKE_CXX_LIBRARY_ARCHITECTURE}/11")
if(NOT EXISTS "${older_gcc}")
  message(FATAL_ERROR "clang needs ${older_gcc}, the package libstdc++-11-dev")
endif()
