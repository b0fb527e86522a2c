#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "image/image.h"
#include "weights/embedder_options.h"

namespace facenet {

/// Maps aligned face chips to points on the unit sphere.
class Embedder {
 public:
  /// Throws Error: no such model, a damaged file, a file that is no embedder.
  explicit Embedder(const EmbedderOptions& options);
  ~Embedder();

  const ModelInfo& model() const;
  const OperatingPoint& operating_point() const;  ///< of the mode (flip or not) in use
  const std::string& weights_sha256() const;
  const EmbedderOptions& options() const;
  int dimension() const { return model().embedding; }

  /// Chips of the model's input size -> chips.size() * dimension() floats, row i the unit vector of
  /// chip i, or zeros where the network gives it no direction. A row does not depend on the other
  /// chips of the call. Several threads may call at once. `lengths`, when given, becomes the length
  /// of each vector before it was scaled to 1: that of the mean over the views. Throws Error for
  /// weights that give numbers which are not finite, std::logic_error for a chip of another size.
  std::vector<float> embed(std::span<const Image> chips,
                           std::vector<float>* lengths = nullptr) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace facenet
