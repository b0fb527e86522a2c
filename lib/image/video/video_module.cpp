#include "image/video/video_module.h"

#include <dlfcn.h>
#include <string>

#include "base/file.h"
#include "base/format.h"
#include "image/decode.h"

namespace facenet {
namespace {

const VideoFunctions* functions = nullptr;
std::string why_none = "its module was not loaded";

void* open_module() {
  for (const std::string& path : module_places("facenet_video.so"))
    // Symbols bind when they are used: of the hundred libraries behind it, most never are.
    if (void* module = ::dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL)) return module;
  return nullptr;
}

}  // namespace

void load_video_module() {
  if (functions != nullptr) return;
  if (void* module = open_module())
    if (void* symbol = ::dlsym(module, kVideoFunctionsSymbol))
      functions = reinterpret_cast<const VideoFunctions* (*)()>(symbol)();
  if (functions == nullptr) why_none = ::dlerror();
}

const VideoFunctions& video_functions() {
  if (functions == nullptr)
    fail<DecodeError>("cannot be decoded now: the module for videos cannot be loaded ({})",
                      why_none);
  return *functions;
}

}  // namespace facenet
