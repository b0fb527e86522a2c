#include "pipeline/torch_module.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <dlfcn.h>
#include <initializer_list>

#include "base/error.h"
#include "base/file.h"

namespace facenet {
namespace {

/// A library's symbols are looked for in all that was opened with it. Debian's LibTorch brings
/// OpenCV and OpenCV brings GDAL: 48,000 symbols in 280 libraries, a sixth of the time of a start.
/// Opened by itself, before LibTorch, each finds them in the few that it needs.
void open_what_torch_needs() {
  for (const char* library : std::initializer_list<const char*>{FACENET_TORCH_NEEDS}) {
    ::dlopen(library, RTLD_NOW | RTLD_LOCAL);  // one that is missing fails with the module
  }
}

void* load() {
  open_what_torch_needs();
  std::string reasons;
  for (const std::string& path : module_places("facenet_torch.so")) {
    // Symbols bind at once: a missing library should be said here, not in the middle of a run.
    if (void* module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return module;
    reasons += (reasons.empty() ? "" : "; ") + std::string(::dlerror());
  }
  fail("the module with the networks cannot be loaded ({}); build or install facenet again",
       reasons);
}

}  // namespace

const void* torch_module_table(const char* symbol) {
  static void* const module = load();
  const auto hand_out = reinterpret_cast<const void* (*)()>(::dlsym(module, symbol));
  if (hand_out == nullptr) {
    fail("the module with the networks is of another version ({}); build or install facenet again",
         ::dlerror());
  }
  return hand_out();
}

const TorchFunctions& torch_functions() {
  static const auto* loaded =
      static_cast<const TorchFunctions*>(torch_module_table(kTorchFunctionsSymbol));
  return *loaded;
}

std::unique_ptr<Ranks> ranks_of_environment() {
  constexpr std::array kVariables = {"MASTER_ADDR", "MASTER_PORT", "RANK", "WORLD_SIZE"};
  if (std::ranges::none_of(kVariables, [](const char* name) { return std::getenv(name); })) {
    return nullptr;  // without LibTorch, which takes its time to load
  }
  return static_cast<const RankConnection*>(torch_module_table(kRankConnectionSymbol))
      ->from_environment();
}

}  // namespace facenet
