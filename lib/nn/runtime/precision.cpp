#include "nn/runtime/precision.h"

#include "base/error.h"

#ifdef FACENET_ONEDNN
#include <dnnl.hpp>
#endif

namespace facenet {

bool have_bfloat16() {
#ifdef FACENET_ONEDNN
  // On processors without, oneDNN converts number by number.
  return dnnl::get_effective_cpu_isa() >= dnnl::cpu_isa::avx512_core_bf16;
#else
  return false;
#endif
}

Precision parse_precision(const std::string& choice) {
  if (choice == "fp32") return Precision::kFloat32;
  if (choice == "bf16" && !have_bfloat16()) {
    fail("this processor (or this build) does not compute with bf16; use --precision fp32 or auto");
  }
  return have_bfloat16() ? Precision::kBfloat16 : Precision::kFloat32;
}

}  // namespace facenet
