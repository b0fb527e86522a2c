#pragma once

#include <string>

namespace facenet {

/// Numbers that convolutions compute with.
enum class Precision { kFloat32, kBfloat16 };

/// True when this processor multiplies bfloat16 numbers, which is about twice as fast as float32.
bool have_bfloat16();

/// "fp32", "bf16", or "auto": bf16 where the processor has it. Throws Error when it was asked for
/// and is not there.
Precision parse_precision(const std::string& choice);

}  // namespace facenet
