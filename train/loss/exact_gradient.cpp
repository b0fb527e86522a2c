#include "train/loss/exact_gradient.h"

#include <algorithm>
#include <vector>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "train/loss/distributed.h"

namespace facenet {
namespace {

/// Images [N, ...] a chunk at a time, each with the random numbers that the first pass drew.
class Chunks {
 public:
  Chunks(const at::Tensor& images, std::int64_t size)
      : images_(images),
        size_(size),
        generator_(at::globalContext().defaultGenerator(images.device())) {}

  at::Tensor embed_without_graph(const EmbedImages& embed) {
    const c10::NoGradGuard no_graph;
    std::vector<at::Tensor> rows;
    for (std::int64_t begin = 0; begin < images_.size(0); begin += size_) {
      states_.push_back(generator_.get_state());
      rows.push_back(embed(chunk(images_, begin)));
    }
    return at::cat(rows);
  }

  void embed_and_backward(const EmbedImages& embed, const at::Tensor& gradient) {
    const at::Tensor after = generator_.get_state();
    for (std::size_t i = 0; i < states_.size(); ++i) {
      const std::int64_t begin = static_cast<std::int64_t>(i) * size_;
      generator_.set_state(states_[i]);
      embed(chunk(images_, begin)).backward(chunk(gradient, begin));
    }
    generator_.set_state(after);
  }

 private:
  at::Tensor chunk(const at::Tensor& rows, std::int64_t begin) const {
    return rows.narrow(0, begin, std::min(size_, rows.size(0) - begin));
  }

  at::Tensor images_;
  std::int64_t size_;
  at::Generator generator_;
  std::vector<at::Tensor> states_;
};

}  // namespace

TripletLoss exact_gradient(const at::Tensor& images, std::int64_t chunk, const EmbedImages& embed,
                           const EmbeddingLoss& loss, ProcessGroup* group) {
  const std::int64_t count = images.size(0);
  const bool at_once = count <= chunk;
  Chunks chunks(images, chunk);
  const at::Tensor own = at_once ? embed(images) : chunks.embed_without_graph(embed);
  const at::Tensor all =
      (group == nullptr ? own.detach() : group->gather_rows(own.detach())).requires_grad_(true);

  TripletLoss result = loss(all);
  result.loss.backward();
  result.loss = result.loss.detach();
  const std::int64_t first = group == nullptr ? 0 : group->rank() * count;
  const at::Tensor gradient = all.grad().narrow(0, first, count);
  if (at_once) {
    own.backward(gradient);
  } else {
    chunks.embed_and_backward(embed, gradient);
  }
  return result;
}

}  // namespace facenet
