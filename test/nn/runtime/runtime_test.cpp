#include "nn/runtime/runtime.h"

#include <omp.h>

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace facenet {
namespace {

TEST(Runtime, ThreadsReachLibTorchAndOpenMp) {
  const int before = at::get_num_threads();
  for (const int threads : {3, 1}) {
    set_compute_threads(threads);
    EXPECT_EQ(at::get_num_threads(), threads);
    EXPECT_EQ(omp_get_max_threads(), threads);
  }
  set_compute_threads(before);
}

TEST(Runtime, IsDescribedInOneLine) {
  const std::string line = describe_compute_runtime();
  EXPECT_THAT(line, testing::ContainsRegex("LibTorch [12]\\.[0-9]+"));
  EXPECT_THAT(line, testing::ContainsRegex("oneDNN [0-9]+\\.[0-9]+"));
  EXPECT_THAT(line, testing::HasSubstr("BLAS /"));
  EXPECT_EQ(line.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace facenet
