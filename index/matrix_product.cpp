#include "index/matrix_product.h"

#include "base/vector_clones.h"

// NOLINTBEGIN(readability-identifier-naming): BLAS has these names
extern "C" {
/// Fortran's BLAS, as FAISS declares it: C = alpha op(A) op(B) + beta C, column by column.
void sgemm_(const char* transpose_a, const char* transpose_b, const int* m, const int* n,
            const int* k, const float* alpha, const float* a, const int* lda, const float* b,
            const int* ldb, const float* beta, float* c, const int* ldc);
/// y = alpha op(A) x + beta y.
void sgemv_(const char* transpose, const int* m, const int* n, const float* alpha, const float* a,
            const int* lda, const float* x, const int* incx, const float* beta, float* y,
            const int* incy);
}
// NOLINTEND(readability-identifier-naming)

namespace facenet {

void inner_products(const float* a, std::int64_t a_rows, const float* b, std::int64_t b_rows,
                    int dimension, float* products) {
  const int m = static_cast<int>(b_rows);
  const int n = static_cast<int>(a_rows);
  const float one = 1;
  const float zero = 0;
  if (n == 1) {  // without the copies that a product of matrices makes first
    const int step = 1;
    sgemv_("T", &dimension, &m, &one, b, &dimension, a, &step, &zero, products, &step);
    return;
  }
  sgemm_("T", "N", &m, &n, &dimension, &one, b, &dimension, a, &dimension, &zero, products, &m);
}

// Whether any is taken, and not the largest: compilers make vectors of that.
FACENET_VECTOR_CLONES
void blocks_taken(const float* products, std::int64_t blocks, const ProductCut& cut,
                  std::uint8_t* any) {
  const float* offsets = cut.offsets;
  const float least = cut.least;
  for (std::int64_t i = 0; i < blocks; ++i) {
    int taken = 0;
    for (std::int64_t j = i * kProductBlock; j < (i + 1) * kProductBlock; ++j)
      taken |= products[j] - offsets[j] >= least ? 1 : 0;
    any[i] = static_cast<std::uint8_t>(taken);
  }
}

FACENET_VECTOR_CLONES
void blocks_taken(const float* products, std::int64_t blocks, const ProductCut& a,
                  const ProductCut& b, std::uint8_t* any) {
  const float *offsets_a = a.offsets, *offsets_b = b.offsets;
  const float least_a = a.least, least_b = b.least;
  for (std::int64_t i = 0; i < blocks; ++i) {
    int taken = 0;
    for (std::int64_t j = i * kProductBlock; j < (i + 1) * kProductBlock; ++j) {
      taken |= products[j] - offsets_a[j] >= least_a ? 1 : 0;
      taken |= products[j] - offsets_b[j] >= least_b ? 1 : 0;
    }
    any[i] = static_cast<std::uint8_t>(taken);
  }
}

}  // namespace facenet
