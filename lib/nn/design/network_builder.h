#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nn/graph/network_design.h"

namespace facenet {

/// A batch of images between two layers of a network under construction.
struct Activation {
  std::string name;
  std::int64_t channels = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
};

/// The window of a convolution or pooling: pads on each side, which default to half of the kernel,
/// so that a stride of 1 keeps the size.
struct Layer {
  std::int64_t kernel_y = 1, kernel_x = 1;
  std::int64_t stride = 1;
  std::int64_t pad_y = kernel_y / 2, pad_x = kernel_x / 2;

  static Layer square(std::int64_t kernel, std::int64_t stride = 1) {
    return {.kernel_y = kernel, .kernel_x = kernel, .stride = stride};
  }
  static Layer without_pads(std::int64_t kernel, std::int64_t stride = 1) {
    return {.kernel_y = kernel, .kernel_x = kernel, .stride = stride, .pad_y = 0, .pad_x = 0};
  }
};

/// Names and makes of the layers that networks spell differently.
struct LayerStyle {
  bool bias = true;         ///< of convolutions
  bool batch_norm = false;  ///< after convolutions
  double epsilon = 1e-5;    ///< of batch norm
  std::string conv{};  ///< what follows a layer's name in the names of its convolution: ".conv"
};

/// Writes a NetworkDesign layer by layer. Every function appends nodes and gives their result.
class NetworkBuilder {
 public:
  NetworkBuilder(std::int64_t height, std::int64_t width, LayerStyle style);

  Activation input() const { return input_; }

  /// Convolution, batch norm where the style asks for it, ReLU.
  Activation conv(const std::string& name, const Activation& in, std::int64_t filters,
                  const Layer& layer);
  /// A convolution with bias and nothing after it.
  Activation plain_conv(const std::string& name, const Activation& in, std::int64_t filters,
                        const Layer& layer);
  Activation relu(const std::string& name, const Activation& in);
  Activation max_pool(const std::string& name, const Activation& in, const Layer& layer);
  /// The root of the sum of squares under the window (the paper's L2 pooling).
  Activation l2_pool(const std::string& name, const Activation& in, const Layer& layer);
  /// Local response normalisation (LRN), the "norm" of the paper's tables, over 5 channels
  /// (Krizhevsky et al. 2012, constants of OpenFace). Nothing with batch norm, which makes it
  /// needless (Ioffe & Szegedy 2015, section 4.2.1): it took a quarter of the time of training
  /// NNS2.
  Activation response_norm(const std::string& name, const Activation& in);
  Activation concat(const std::string& name, const std::vector<Activation>& parts);
  Activation average(const std::string& name, const Activation& in);  ///< over the whole image
  /// a + scale * b.
  Activation add_scaled(const std::string& name, const Activation& a, const Activation& b,
                        float scale);
  Activation dropout(const std::string& name, const Activation& in, double ratio);

  /// Fully connected over all numbers of an image, nothing after it.
  Activation dense(const std::string& name, const Activation& in, std::int64_t outputs,
                   bool bias = true, Initialisation initialisation = Initialisation::kHe);
  /// The largest of `pieces` dense layers, output by output (Goodfellow et al. 2013).
  Activation maxout(const std::string& name, const Activation& in, std::int64_t outputs,
                    std::int64_t pieces);
  Activation batch_norm(const std::string& name, const Activation& in);

  /// Scales each vector to length 1 and makes it the network's output.
  NetworkDesign finish(const Activation& embedding);

 private:
  std::string add(const std::string& op, const std::string& name, std::vector<std::string> inputs,
                  nlohmann::json attributes = nlohmann::json::object());
  std::string parameter(const std::string& name, std::vector<std::int64_t> shape,
                        Initialisation initialisation, bool is_statistic = false);
  Activation convolve(const std::string& name, const Activation& in, std::int64_t filters,
                      const Layer& layer, bool bias);
  Activation pool(const std::string& op, const std::string& name, const Activation& in,
                  const Layer& layer, nlohmann::json attributes);
  std::string flat(const std::string& name, const Activation& in);

  NetworkDesign design_;
  LayerStyle style_;
  Activation input_;
};

}  // namespace facenet
