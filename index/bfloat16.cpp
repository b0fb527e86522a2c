#include "index/bfloat16.h"

#include <bit>
#include <stdexcept>

#ifdef FACENET_ONEDNN
#include <algorithm>
#include <array>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <vector>
#endif

namespace facenet {

void to_bfloat16(const float* values, std::int64_t count, Bfloat16* rounded) {
  for (std::int64_t i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(values[i]);
    rounded[i] = static_cast<Bfloat16>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
  }
}

#ifdef FACENET_ONEDNN

namespace {

/// oneDNN's product for one shape, for one thread: it may not be used by two at a time.
class Product {
 public:
  using Shape = std::array<std::int64_t, 3>;  ///< rows, columns, dimension

  explicit Product(const Shape& shape)
      : rows_({shape[0], shape[2]}, Type::bf16, Order::ab),
        columns_({shape[2], shape[1]}, Type::bf16, Order::ba),
        products_({shape[0], shape[1]}, Type::f32, Order::ab),
        product_({{rows_, columns_, products_}, engine()}) {}

  void run(const Bfloat16* a, const Bfloat16* b, float* products) const {
    dnnl::stream stream(engine());
    // oneDNN takes no pointers to constants; it writes to the last only.
    product_.execute(stream, {{DNNL_ARG_SRC, {rows_, engine(), const_cast<Bfloat16*>(a)}},
                              {DNNL_ARG_WEIGHTS, {columns_, engine(), const_cast<Bfloat16*>(b)}},
                              {DNNL_ARG_DST, {products_, engine(), products}}});
    stream.wait();
  }

 private:
  using Type = dnnl::memory::data_type;
  using Order = dnnl::memory::format_tag;

  static const dnnl::engine& engine() {
    static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    return engine;
  }

  dnnl::memory::desc rows_, columns_, products_;
  dnnl::matmul product_;
};

/// Shapes are multiples of so many rows and columns: oneDNN compiles some 50 KB of code for each.
constexpr std::int64_t kStep = 32;

std::int64_t whole_steps(std::int64_t count) {
  return (count + kStep - 1) / kStep * kStep;
}

/// The rows, copied where they do not fill whole steps.
const Bfloat16* in_whole_steps(const Bfloat16* rows, std::int64_t count, int dimension,
                               std::vector<Bfloat16>& scratch) {
  if (count == whole_steps(count)) return rows;
  scratch.resize(static_cast<std::size_t>(whole_steps(count) * dimension));
  std::copy_n(rows, count * dimension, scratch.begin());
  return scratch.data();
}

}  // namespace

bool has_bfloat16_tiles() {
  static const bool has = dnnl::get_effective_cpu_isa() == dnnl::cpu_isa::avx512_core_amx;
  return has;
}

void bfloat16_products(const Bfloat16* a, std::int64_t a_rows, const Bfloat16* b,
                       std::int64_t b_rows, int dimension, float* products) {
  thread_local std::map<Product::Shape, Product> known;
  thread_local std::vector<Bfloat16> a_scratch, b_scratch;
  thread_local std::vector<float> whole;
  const Product::Shape shape{whole_steps(a_rows), whole_steps(b_rows), dimension};
  const auto& product = known.try_emplace(shape, shape).first->second;
  a = in_whole_steps(a, a_rows, dimension, a_scratch);
  b = in_whole_steps(b, b_rows, dimension, b_scratch);
  if (shape[0] == a_rows && shape[1] == b_rows) return product.run(a, b, products);
  whole.resize(static_cast<std::size_t>(shape[0] * shape[1]));
  product.run(a, b, whole.data());
  for (std::int64_t i = 0; i < a_rows; ++i) {
    std::copy_n(whole.begin() + i * shape[1], b_rows, products + i * b_rows);
  }
}

#else

bool has_bfloat16_tiles() {
  return false;
}

void bfloat16_products(const Bfloat16*, std::int64_t, const Bfloat16*, std::int64_t, int, float*) {
  throw std::logic_error("no products of Bfloat16 without oneDNN");
}

#endif

}  // namespace facenet
