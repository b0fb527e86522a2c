#pragma once

#include <cstdint>

namespace facenet {

/// Numbers of 16 bits with the exponent of a float and the first seven bits of its fraction.
/// Internal to index/.
using Bfloat16 = std::uint16_t;

/// How far a float may be from its Bfloat16, as a share of it: half of the last bit.
inline constexpr double kBfloat16Rounding = 1.0 / 256;

/// To the nearest, ties to even; `count` finite numbers.
void to_bfloat16(const float* values, std::int64_t count, Bfloat16* rounded);

/// Whether this processor multiplies matrices of them in tiles (AMX): some ten times as fast as
/// floats. One that only adds their products in vectors gains next to nothing.
bool has_bfloat16_tiles();

/// products[i * b_rows + j] = <row i of a, row j of b>, summed up as floats, on the calling thread
/// alone when parallel_for() made it. Only where has_bfloat16_tiles().
void bfloat16_products(const Bfloat16* a, std::int64_t a_rows, const Bfloat16* b,
                       std::int64_t b_rows, int dimension, float* products);

}  // namespace facenet
