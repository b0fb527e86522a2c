#include "nn/runtime/runtime.h"

#include <cstdlib>
#include <dlfcn.h>
#include <malloc.h>
#include <memory>
#include <sstream>
#include <string_view>

#include <ATen/Config.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/version.h>

#include "base/format.h"

namespace facenet {
namespace {

/// BLAS libraries with a thread pool of their own. Which one stands behind libblas.so.3 is the
/// machine's choice, so it is asked for by name at run time.
constexpr const char* kBlasThreadSetters[] = {"openblas_set_num_threads",
                                              "bli_thread_set_num_threads", "MKL_Set_Num_Threads"};

/// The file that holds `symbol`, links followed; empty when nothing loaded has it.
std::string library_of(const char* symbol) {
  void* address = ::dlsym(RTLD_DEFAULT, symbol);
  Dl_info info{};
  if (address == nullptr || ::dladdr(address, &info) == 0) return {};
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(info.dli_fname, nullptr),
                                                         &std::free);
  return real ? real.get() : info.dli_fname;
}

/// The rest of the line after `label` in LibTorch's description of itself.
std::string config_value(const std::string& config, std::string_view label) {
  const auto at = config.find(label);
  if (at == std::string::npos) return "none";
  const auto begin = at + label.size();
  return config.substr(begin, config.find_first_of(" \n", begin) - begin);
}

}  // namespace

void set_compute_threads(int threads) {
  at::set_num_threads(threads);
  for (const char* name : kBlasThreadSetters) {
    if (void* setter = ::dlsym(RTLD_DEFAULT, name)) {
      reinterpret_cast<void (*)(int)>(setter)(threads);
    }
  }
}

void keep_freed_memory() {
#ifdef __GLIBC__
  static const bool done = [] {
    constexpr int kMegabyte = 1 << 20;
    return ::mallopt(M_MMAP_THRESHOLD, 32 * kMegabyte) != 0 &&
           ::mallopt(M_TRIM_THRESHOLD, 256 * kMegabyte) != 0;
  }();
  static_cast<void>(done);
#endif
}

std::string describe_compute_runtime() {
  const std::string config = at::show_config();
  const std::string blas = library_of("sgemm_");
  return fmt::format("LibTorch {}, BLAS {}, oneDNN {}, {}, {} threads", TORCH_VERSION,
                     blas.empty() ? "inside LibTorch" : blas, config_value(config, "MKL-DNN v"),
                     config_value(config, "CPU capability usage: "), at::get_num_threads());
}

}  // namespace facenet
