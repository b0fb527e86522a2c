// rank FILE CHUNK: one process of a data-parallel step. Writes the loss and the summed gradient of
// SmallNetwork to FILE, as float64. rank FILE leave: joins, and rank 1 leaves without a word. rank
// FILE slow: rank 0 works alone while the others wait. rank FILE gone: it ends instead. rank FILE
// exchange: messages of every length; rank FILE leave-exchange: the last rank leaves in between.

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>

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

/// Rank 0 works alone for twice as long as the others wait for a call.
void work_alone(ProcessGroup& group, std::chrono::milliseconds patience) {
  if (group.rank() == 0) std::this_thread::sleep_for(2 * patience);
  group.wait_for_leader();
  std::vector<at::Tensor> ones = {at::ones({1})};
  group.sum(ones);
  if (ones[0].item<float>() != static_cast<float>(group.size())) fail("the sum is wrong");
}

/// What a rank sends to another: bytes that tell both, as many as the two and the round say.
Bytes message_of(int from, int to, std::size_t round) {
  // Around the size of a first piece, and far beyond.
  constexpr std::size_t kSizes[] = {0, 1, 8183, 8184, 8185, 8192, 3'000'000};
  const auto step = static_cast<std::size_t>(3 * from + to);
  return Bytes(kSizes[(round + step) % std::size(kSizes)], static_cast<std::byte>(16 * from + to));
}

void exchange_messages(ProcessGroup& group, bool leaves) {
  for (std::size_t round = 0; round < 20; ++round) {
    if (leaves && round == 10 && group.rank() == group.size() - 1) std::_Exit(0);
    std::vector<Bytes> out;
    for (int to = 0; to < group.size(); ++to) out.push_back(message_of(group.rank(), to, round));
    const std::vector<Bytes> in = group.exchange(std::move(out));
    for (int from = 0; from < group.size(); ++from) {
      if (in[static_cast<std::size_t>(from)] != message_of(from, group.rank(), round)) {
        fail("round {}: the message of {} is wrong", round, from);
      }
    }
  }
}

int run(const std::string& path, const std::string& what) {
  if (what == "slow" || what == "gone") {
    constexpr std::chrono::seconds kPatience{5};  // both must have started within it
    const auto group = ProcessGroup::from_environment(kPatience);
    if (what == "gone" && group->rank() == 0) std::_Exit(0);
    work_alone(*group, kPatience);
    return 0;
  }
  const std::unique_ptr<ProcessGroup> group = ProcessGroup::from_environment();
  if (what.ends_with("exchange")) {
    exchange_messages(*group, what.starts_with("leave"));
  } else if (what != "leave") {
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
