#pragma once

namespace facenet {

struct NetworkOptions {
  int embedding = 0;        ///< dimension; 0 for the network's own
  bool batch_norm = false;  ///< after every convolution; the paper has none, training wants it

  /// Throws UsageError.
  void validate() const;
};

}  // namespace facenet
