#include "nn/runtime/tensor_view.h"

#include <algorithm>
#include <map>

#include <ATen/ATen.h>

namespace facenet {

at::Tensor own_copy(const TensorView& view) {
  static const std::map<TensorType, at::ScalarType> types = {{TensorType::kFloat32, at::kFloat},
                                                             {TensorType::kFloat16, at::kHalf},
                                                             {TensorType::kInt64, at::kLong}};
  at::Tensor tensor = at::empty(view.shape, at::TensorOptions(types.at(view.type)));
  std::copy(view.data.begin(), view.data.end(), static_cast<std::byte*>(tensor.data_ptr()));
  return view.type == TensorType::kFloat16 ? tensor.to(at::kFloat) : tensor;
}

TensorView view_of(const at::Tensor& tensor) {
  const auto bytes = static_cast<std::size_t>(tensor.numel()) * tensor.element_size();
  return {.type = tensor.scalar_type() == at::kLong ? TensorType::kInt64 : TensorType::kFloat32,
          .shape = tensor.sizes().vec(),
          .data = {static_cast<const std::byte*>(tensor.data_ptr()), bytes}};
}

}  // namespace facenet
