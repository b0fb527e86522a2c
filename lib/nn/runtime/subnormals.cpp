#include "nn/runtime/subnormals.h"

#include <ATen/Context.h>

namespace facenet {

SubnormalsAsZero::SubnormalsAsZero() {
  std::fegetenv(&before_);
  at::globalContext().setFlushDenormal(true);
}

SubnormalsAsZero::~SubnormalsAsZero() {
  std::fesetenv(&before_);
}

}  // namespace facenet
