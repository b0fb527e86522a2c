#include "nn/operators/shape_operators.h"

#include <algorithm>
#include <array>
#include <optional>

#include <ATen/ATen.h>
#include <ATen/ExpandUtils.h>

#include "base/error.h"
#include "nn/graph/attributes.h"

namespace facenet {
namespace {

using Inputs = std::vector<at::Tensor>;

std::vector<std::int64_t> whole_numbers(const at::Tensor& tensor) {
  TORCH_CHECK(tensor.scalar_type() == at::kLong, "a shape is not made of whole numbers");
  const at::Tensor dense = tensor.contiguous();
  return {dense.data_ptr<std::int64_t>(), dense.data_ptr<std::int64_t>() + dense.numel()};
}

}  // namespace

Kernel make_flatten(const GraphNode& node, Inputs&) {
  return [axis = Attributes(node).integer("axis", 1)](Inputs& in) {
    const std::int64_t split = axis < 0 ? axis + in[0].dim() : axis;
    std::int64_t rows = 1;
    for (std::int64_t i = 0; i < split; ++i) rows *= in[0].size(i);
    return in[0].reshape({rows, rows == 0 ? 0 : in[0].numel() / rows});
  };
}

Kernel make_reshape(const GraphNode& node, Inputs&) {
  const Attributes attributes(node);
  const bool is_fixed = attributes.has("shape");
  if (!is_fixed && node.inputs.size() != 2) fail("{}: it has no target shape", describe(node));
  return [is_fixed, target = attributes.integers("shape", {})](Inputs& in) {
    std::vector<std::int64_t> shape = is_fixed ? target : whole_numbers(in[1]);
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (shape[i] == 0) shape[i] = in[0].size(static_cast<std::int64_t>(i));
    }
    return in[0].reshape(shape);
  };
}

Kernel make_transpose(const GraphNode& node, Inputs&) {
  return [order = Attributes(node).integers("perm", {})](Inputs& in) {
    if (!order.empty()) return in[0].permute(order);
    std::vector<std::int64_t> reversed(static_cast<std::size_t>(in[0].dim()));
    std::generate(reversed.rbegin(), reversed.rend(), [n = 0]() mutable { return n++; });
    return in[0].permute(reversed);
  };
}

Kernel make_concat(const GraphNode& node, Inputs&) {
  return [axis = Attributes(node).integer("axis", 1)](Inputs& in) { return at::cat(in, axis); };
}

Kernel make_pad(const GraphNode& node, Inputs&) {
  const Attributes attributes(node);
  const auto pads = attributes.integers("pads", {});
  if (attributes.text("mode", "constant") != "constant" || pads.size() % 2 != 0) {
    fail("{}: only padding by a constant is supported", describe(node));
  }
  constexpr std::int64_t kMost = 1 << 20;  // keeps sums of extents from overflow
  if (std::ranges::any_of(pads, [](std::int64_t pad) { return pad < -kMost || pad > kMost; }))
    fail("{}: its pads are larger than any image", describe(node));
  // ONNX lists all beginnings, then all ends, first axis first; LibTorch pairs, last axis first.
  std::vector<std::int64_t> pairs;
  const std::size_t axes = pads.size() / 2;
  for (std::size_t axis = axes; axis-- > 0;) {
    pairs.push_back(pads[axis]);
    pairs.push_back(pads[axes + axis]);
  }
  return [pairs, value = attributes.number("value", 0)](Inputs& in) {
    return at::constant_pad_nd(in[0], pairs, value);
  };
}

Kernel make_unsqueeze(const GraphNode& node, Inputs&) {
  return [axes = Attributes(node).integers("axes", {})](Inputs& in) {
    // Axes count in the result's axes, so negative ones are made positive with its rank.
    const auto rank = in[0].dim() + std::ssize(axes);
    std::vector<std::int64_t> order;
    for (const std::int64_t axis : axes) order.push_back(axis < 0 ? axis + rank : axis);
    std::sort(order.begin(), order.end());
    at::Tensor x = in[0];
    for (const std::int64_t axis : order) x = x.unsqueeze(axis);
    return x;
  };
}

Kernel make_squeeze(const GraphNode& node, Inputs&) {
  const Attributes attributes(node);
  if (!attributes.has("axes")) {
    // Dropping every axis of extent 1 would drop the batch axis of a single image.
    fail("{}: it does not say which axes to drop", describe(node));
  }
  return [axes = attributes.integers("axes", {}), where = describe(node)](Inputs& in) {
    std::vector<std::int64_t> order;
    for (const std::int64_t axis : axes) order.push_back(axis < 0 ? axis + in[0].dim() : axis);
    std::sort(order.rbegin(), order.rend());
    at::Tensor x = in[0];
    for (const std::int64_t axis : order) {
      if (x.size(axis) != 1) fail("{}: the axis {} does not have extent 1", where, axis);
      x = x.squeeze(axis);
    }
    return x;
  };
}

Kernel make_shape(const GraphNode&, Inputs&) {
  return [](Inputs& in) { return at::tensor(in[0].sizes(), at::kLong); };
}

Kernel make_gather(const GraphNode& node, Inputs&) {
  return [axis = Attributes(node).integer("axis", 0)](Inputs& in) {
    const at::Tensor& x = in[0];
    const std::int64_t at = axis < 0 ? axis + x.dim() : axis;
    TORCH_CHECK(at >= 0 && at < x.dim(), "it has no axis ", axis);
    const at::Tensor flat = in[1].to(at::kLong).flatten();
    const at::Tensor from_front = at::where(flat < 0, flat + x.size(at), flat);
    std::vector<std::int64_t> shape(x.sizes().begin(), x.sizes().begin() + at);
    shape.insert(shape.end(), in[1].sizes().begin(), in[1].sizes().end());
    shape.insert(shape.end(), x.sizes().begin() + at + 1, x.sizes().end());
    return x.index_select(at, from_front).reshape(shape);
  };
}

// starts, ends, axes, steps: attributes where the file has constants, else inputs in this order.
Kernel make_slice(const GraphNode& node, Inputs&) {
  constexpr const char* kNames[] = {"starts", "ends", "axes", "steps"};
  const Attributes attributes(node);
  std::array<std::optional<std::vector<std::int64_t>>, 4> fixed;
  for (std::size_t k = 0; k < fixed.size(); ++k) {
    if (attributes.has(kNames[k])) fixed[k] = attributes.integers(kNames[k], {});
  }
  return [fixed](Inputs& in) {
    std::array<std::vector<std::int64_t>, 4> values;
    for (std::size_t k = 0; k < values.size(); ++k) {
      if (fixed[k]) {
        values[k] = *fixed[k];
      } else if (in.size() > k + 1 && in[k + 1].defined()) {
        values[k] = whole_numbers(in[k + 1].to(at::kLong));
      }
    }
    auto& [starts, ends, axes, steps] = values;
    if (axes.empty()) {
      for (std::size_t k = 0; k < starts.size(); ++k) axes.push_back(static_cast<std::int64_t>(k));
    }
    steps.resize(starts.size(), 1);
    TORCH_CHECK(ends.size() == starts.size() && axes.size() == starts.size(),
                "its starts, ends and axes are not equally many");
    at::Tensor x = in[0];
    for (std::size_t k = 0; k < starts.size(); ++k) {
      TORCH_CHECK(steps[k] > 0, "it goes backwards");
      x = x.slice(axes[k], starts[k], ends[k], steps[k]);
    }
    return x;
  };
}

Kernel make_cast(const GraphNode& node, Inputs&) {
  // ONNX's numbers of types. Whole numbers are all int64 here, fractions all float32.
  constexpr std::int64_t kFloat = 1, kInt32 = 6, kInt64 = 7, kBool = 9, kHalf = 10, kDouble = 11;
  const std::int64_t to = Attributes(node).integer("to", 0);
  if (to == kFloat || to == kHalf || to == kDouble) {
    return [](Inputs& in) { return in[0].to(at::kFloat); };
  }
  if (to == kInt32 || to == kInt64) return [](Inputs& in) { return in[0].to(at::kLong); };
  if (to == kBool) return [](Inputs& in) { return in[0].to(at::kBool); };
  fail("{}: a cast to ONNX's type {} is not supported", describe(node), to);
}

Kernel make_constant(const GraphNode& node, Inputs&) {
  const Attributes attributes(node);
  if (!attributes.has("value_float")) fail("{}: its value is not one number", describe(node));
  return [value = at::scalar_tensor(attributes.number("value_float", 0), at::kFloat)](Inputs&) {
    return value;
  };
}

Kernel make_constant_of_shape(const GraphNode& node, Inputs&) {
  const Attributes attributes(node);
  const bool is_whole = attributes.integer("whole", 0) != 0;
  return [value = attributes.number("value", 0), is_whole](Inputs& in) {
    return at::full(whole_numbers(in[0]), value, is_whole ? at::kLong : at::kFloat);
  };
}

Kernel make_expand(const GraphNode&, Inputs&) {
  return
      [](Inputs& in) { return in[0].expand(at::infer_size(in[0].sizes(), whole_numbers(in[1]))); };
}

}  // namespace facenet
