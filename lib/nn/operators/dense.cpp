#include "nn/operators/dense.h"

#include <vector>

#include <ATen/ATen.h>

#include "nn/operators/fused_conv.h"
#include "nn/operators/spatial_operators.h"

namespace facenet {
namespace {

using Inputs = std::vector<at::Tensor>;

/// Rows that are multiplied together. Fixed, and filled up with zeros, so that one primitive does
/// every row: another number of rows might add up in another order.
constexpr std::int64_t kRows = 16;

/// Rows as the pixels of one image, channels last, which is how they lie in memory: a convolution
/// of 1 x 1 pixel then is a product of matrices with weights in oneDNN's own layout, whatever BLAS
/// there is.
at::Tensor as_pixels(const at::Tensor& rows) {
  return rows.reshape({1, rows.size(0), 1, rows.size(1)}).permute({0, 3, 1, 2});
}

at::Tensor as_rows(const at::Tensor& pixels) {
  return pixels.permute({0, 2, 3, 1}).reshape({pixels.size(2), pixels.size(1)});
}

Kernel make_prepared(const GraphNode& node, const at::Tensor& weight, const at::Tensor& bias) {
  GraphNode conv{.op = "FusedConv", .name = node.name, .inputs = {}, .outputs = node.outputs};
  Inputs constants = {at::Tensor(), weight, bias, at::Tensor(), at::Tensor()};
  return [multiply = make_fused_conv(conv, constants)](Inputs& in) {
    const at::Tensor rows = in[0].flatten(1).to(at::kFloat).contiguous();
    const std::int64_t missing = (kRows - rows.size(0) % kRows) % kRows;
    const at::Tensor full = missing == 0 ? rows : at::constant_pad_nd(rows, {0, 0, 0, missing});
    std::vector<at::Tensor> results;
    for (const at::Tensor& part : full.split(kRows)) {
      Inputs one = {as_pixels(part)};
      results.push_back(as_rows(multiply(one)));
    }
    return at::cat(results).narrow(0, 0, rows.size(0));
  };
}

}  // namespace

Kernel make_dense(const GraphNode& node, const at::Tensor& matrix, const at::Tensor& bias) {
  const std::int64_t outputs = matrix.size(0);
  const at::Tensor weight = matrix.reshape({outputs, matrix.size(1), 1, 1});
  if (matrix.numel() >= kLargeDense && have_fused_conv()) return make_prepared(node, weight, bias);
  return [weight, outputs, bias = bias.defined() ? bias : at::zeros({outputs})](Inputs& in) {
    const at::Tensor columns = in[0].reshape({in[0].size(0), -1, 1, 1});
    return convolve(columns, weight, bias, {1, 1}, {0, 0}, {1, 1}, 1).reshape({-1, outputs});
  };
}

}  // namespace facenet
