#include "people/grouping/late_vectors.h"

namespace facenet {

const std::vector<float>& LateVectors::values() {
  if (values_.empty()) values_ = load_vectors(catalog_, model_, input_);
  return values_;
}

std::size_t LateVectors::dimension() {
  return input_.faces.empty() ? 0 : values().size() / input_.faces.size();
}

std::vector<double> LateVectors::sum(std::span<const std::size_t> rows) {
  const std::vector<float>& all = values();
  const std::size_t size = dimension();
  std::vector<double> sum(size);
  for (const std::size_t row : rows)
    for (std::size_t i = 0; i < size; ++i) sum[i] += static_cast<double>(all[row * size + i]);
  return sum;
}

}  // namespace facenet
