#include "weights/network_options.h"

#include "base/error.h"

namespace facenet {

void NetworkOptions::validate() const {
  constexpr int kLargestEmbedding = 8192;
  if (embedding < 0 || embedding > kLargestEmbedding) {
    fail<UsageError>("an embedding of {} numbers is not between 1 and {}", embedding,
                     kLargestEmbedding);
  }
}

}  // namespace facenet
