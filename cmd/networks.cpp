#include "cmd/networks.h"

#include <dlfcn.h>

#include "base/error.h"
#include "base/file.h"

namespace facenet {
namespace {

/// Beside the program in a build folder, under lib/facenet in an installation.
const Networks* load() {
  const std::string folder = executable_folder();
  std::string reasons;
  for (const std::string& path : {folder + "/facenet_networks.so",
                                  folder + "/../" FACENET_MODULE_FOLDER "/facenet_networks.so"}) {
    // Symbols bind at once: a missing library should be said here, not in the middle of a run.
    void* module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (module == nullptr) {
      reasons += (reasons.empty() ? "" : "; ") + std::string(::dlerror());
      continue;
    }
    const auto table =
        reinterpret_cast<decltype(&facenet_networks)>(::dlsym(module, kNetworksSymbol));
    if (table != nullptr) return table();
  }
  fail("the part with the networks cannot be loaded ({}); build or install facenet again", reasons);
}

}  // namespace

const Networks& networks() {
  static const Networks* const kLoaded = load();
  return *kLoaded;
}

}  // namespace facenet
