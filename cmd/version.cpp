#include "cmd/version.h"

#include "base/format.h"
#include "base/threads.h"
#include "pipeline/torch_module.h"

namespace facenet {

void print_version(std::ostream& out) {
  out << fmt::format("facenet {}\n{}\nthreads: {}\n", FACENET_VERSION,
                     torch_functions().describe_runtime(), available_threads());
}

}  // namespace facenet
