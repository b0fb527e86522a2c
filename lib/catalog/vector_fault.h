#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace facenet {

/// What is wrong with a stored vector of a model of this dimension: "has 4 bytes instead of 2 numbers",
/// "has length 1.2 instead of 1"; empty when nothing is.
std::string fault_of_vector(std::span<const std::byte> bytes, std::int64_t dimension);

}  // namespace facenet
