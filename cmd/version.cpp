#include "cmd/version.h"

#include "base/format.h"
#include "base/threads.h"
#include "pipeline/torch_module.h"

namespace facenet {

std::string version_text() {
  const std::string commit = kCommit;
  return commit.empty() ? FACENET_VERSION : fmt::format("{} ({})", FACENET_VERSION, commit);
}

void print_version(std::ostream& out) {
  out << fmt::format("facenet {}\n{}\nthreads: {}\n", version_text(),
                     torch_functions().describe_runtime(), available_threads());
}

}  // namespace facenet
