// Lets every test of index/ run with products of rounded factors, whatever the processor.
#include <cstdlib>

#include "index/tile_products.h"

namespace facenet {
namespace {

// The thread sanitizer does not see into oneDNN, which makes the products otherwise.
#ifdef __SANITIZE_THREAD__
constexpr bool kAlways = true;
#else
constexpr bool kAlways = false;
#endif

[[maybe_unused]] const bool kChosen = [] {
  if (kAlways || std::getenv("FACENET_TEST_ROUNDED_PRODUCTS") != nullptr)
    choose_product_kind(ProductKind::kRoundedFloat);
  return true;
}();

}  // namespace
}  // namespace facenet
