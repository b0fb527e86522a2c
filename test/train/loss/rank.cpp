// rank FILE CHUNK: one process of a data-parallel step. Writes the loss and the summed gradient of
// SmallNetwork to FILE, as float64. rank FILE leave: joins, and rank 1 leaves without a word.

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

#include <ATen/ATen.h>

#include "base/error.h"
#include "small_network.h"
#include "train/loss/distributed.h"
#include "train/loss/exact_gradient.h"

namespace facenet {
namespace {

void write(const std::string& path, const std::vector<at::Tensor>& tensors) {
  std::ofstream file(path, std::ios::binary);
  for (const at::Tensor& tensor : tensors) {
    const at::Tensor packed = tensor.contiguous();
    file.write(static_cast<const char*>(packed.data_ptr()),
               static_cast<std::streamsize>(packed.nbytes()));
  }
}

void take_step(ProcessGroup& group, const std::string& path, std::int64_t chunk) {
  SmallNetwork network;
  if (group.rank() != 0) {
    for (at::Tensor& parameter : network.parameters) parameter.data().fill_(0.5);
  }
  group.broadcast(network.parameters);

  const std::int64_t share = SmallNetwork::kImages / group.size();
  const auto ours = [&](const at::Tensor& rows) {
    return rows.narrow(0, group.rank() * share, share);
  };
  const at::Tensor labels = group.gather_rows(ours(network.labels));
  const TripletLoss result = exact_gradient(
      ours(network.images), chunk, [&](const at::Tensor& x) { return network.embed(x); },
      [&](const at::Tensor& x) { return triplet_loss(x, labels, {.margin = 0.5}); }, &group);
  std::vector<at::Tensor> gradients = network.take_gradients();
  group.sum(gradients);
  gradients.insert(gradients.begin(), result.loss);
  write(path, gradients);
}

int run(const std::string& path, const std::string& what) {
  const std::unique_ptr<ProcessGroup> group = ProcessGroup::from_environment();
  if (what != "leave") {
    take_step(*group, path, std::stoll(what));
  } else if (group->rank() == 1) {
    std::_Exit(0);
  } else {
    group->barrier();
  }
  return 0;
}

}  // namespace
}  // namespace facenet

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    return facenet::run(argv[1], argv[2]);
  } catch (const facenet::Error& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
