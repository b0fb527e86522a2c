#include "train/loss/distributed.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <torch/version.h>
#ifdef FACENET_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif

#include "base/error.h"
#include "base/interrupt.h"
#include "train/loss/keep_alive.h"

namespace facenet {
namespace {

using Work = c10d::Work;

#if TORCH_VERSION_MAJOR >= 2
using Backend = c10d::Backend;
#else
using Backend = c10d::ProcessGroup;
#endif

/// What the environment says of the group.
struct Place {
  std::string address;
  std::uint16_t port = 0;
  int rank = 0, size = 0;
};

constexpr std::array kVariables = {"MASTER_ADDR", "MASTER_PORT", "RANK", "WORLD_SIZE"};

int read_number(const char* variable, int least, int most) {
  const std::string_view text = std::getenv(variable);
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < least || number > most) {
    fail<UsageError>("{}={}: it must be a number from {} to {}", variable, text, least, most);
  }
  return number;
}

Place read_place() {
  for (const char* variable : kVariables) {
    if (std::getenv(variable) != nullptr) continue;
    fail<UsageError>(
        "{} is not set, but others of MASTER_ADDR, MASTER_PORT, RANK and WORLD_SIZE are: set all "
        "four to work with several processes, none to work with one",
        variable);
  }
  constexpr int kMostProcesses = 1 << 16, kLastPort = (1 << 16) - 1;
  Place place;
  place.address = std::getenv("MASTER_ADDR");
  place.port = static_cast<std::uint16_t>(read_number("MASTER_PORT", 1, kLastPort));
  place.size = read_number("WORLD_SIZE", 1, kMostProcesses);
  place.rank = read_number("RANK", 0, place.size - 1);
  return place;
}

/// Where the processes find each other: the first serves it, but where torchrun does.
c10::intrusive_ptr<c10d::Store> find_store(const Place& place, std::chrono::milliseconds patience) {
  const char* agent = std::getenv("TORCHELASTIC_USE_AGENT_STORE");
  const bool has_agent = agent != nullptr && std::string_view(agent) == "True";
  c10d::TCPStoreOptions options;
  options.port = place.port;
  options.isServer = place.rank == 0 && !has_agent;
  options.numWorkers = static_cast<std::size_t>(place.size);
  options.timeout = patience;
  auto store = c10::make_intrusive<c10d::TCPStore>(place.address, options);
  if (!has_agent) return store;
  // As torch.distributed.rendezvous has it: the agent's store outlives what it starts again.
  const char* attempt = std::getenv("TORCHELASTIC_RESTART_COUNT");
  return c10::make_intrusive<c10d::PrefixStore>(
      fmt::format("/worker/attempt_{}", attempt == nullptr ? "0" : attempt), std::move(store));
}

/// LibTorch's messages carry a backtrace after the first line.
std::string first_line(const std::exception& error) {
  const std::string_view text = error.what();
  return std::string(text.substr(0, text.find('\n')));
}

#ifdef FACENET_GLOO
c10::intrusive_ptr<Backend> connect(const c10::intrusive_ptr<c10d::Store>& store,
                                    const Place& place, std::chrono::milliseconds patience) {
  const auto options = c10d::ProcessGroupGloo::Options::create(patience);
  const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
  options->devices.push_back(interface == nullptr
                                 ? c10d::ProcessGroupGloo::createDefaultDevice()
                                 : c10d::ProcessGroupGloo::createDeviceForInterface(interface));
  options->threads = 1;  // one call at a time
  return c10::make_intrusive<c10d::ProcessGroupGloo>(store, place.rank, place.size, options);
}
#else
c10::intrusive_ptr<Backend> connect(const c10::intrusive_ptr<c10d::Store>&, const Place&,
                                    std::chrono::milliseconds) {
  fail("this facenet works with one process: it was built without Gloo's headers (libgloo-dev)");
}
#endif

/// Waits for messages, and no longer once a signal came.
class Waiting {
 public:
  Waiting() : watcher_([this](const std::stop_token& stop) { watch(stop); }) {}

  void wait_for(const c10::intrusive_ptr<Work>& work) {
    constexpr std::chrono::hours kPatience{1};
    {
      const std::lock_guard lock(mutex_);
      work_ = work;
    }
    const bool is_done = work->wait(kPatience);
    {
      const std::lock_guard lock(mutex_);
      work_.reset();
    }
    if (is_done) return;
    stop_if_interrupted();
    throw std::runtime_error("no message within an hour");
  }

 private:
  void watch(const std::stop_token& stop) {
    constexpr std::chrono::milliseconds kLook{200};
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      if (interrupted() && work_) work_->abort();
      stopped_.wait_for(lock, stop, kLook, [] { return false; });
    }
  }

  std::mutex mutex_;
  std::condition_variable_any stopped_;
  c10::intrusive_ptr<Work> work_;
  std::jthread watcher_;  // the last, as it needs the others
};

/// A message travels in one piece of this size, and what does not fit in it in another.
constexpr std::size_t kFirstPiece = 8192;

/// An empty message lies nowhere, which memcpy() does not take.
void copy_bytes(void* to, const void* from, std::size_t count) {
  if (count > 0) std::memcpy(to, from, count);
}

at::Tensor first_piece_of(const Bytes& bytes) {
  at::Tensor piece = at::empty({kFirstPiece}, at::kByte);
  const std::uint64_t size = bytes.size();
  std::memcpy(piece.data_ptr(), &size, sizeof size);
  copy_bytes(piece.data_ptr<std::uint8_t>() + sizeof size, bytes.data(),
             std::min(bytes.size(), kFirstPiece - sizeof size));
  return piece;
}

std::size_t size_told_by(const at::Tensor& first_piece) {
  std::uint64_t size = 0;
  std::memcpy(&size, first_piece.data_ptr(), sizeof size);
  return size;
}

/// The bytes of a message beyond its first piece, where they lie.
at::Tensor rest_of(Bytes& bytes) {
  constexpr std::size_t kInFirst = kFirstPiece - sizeof(std::uint64_t);
  return at::from_blob(bytes.data() + kInFirst,
                       {static_cast<std::int64_t>(bytes.size() - kInFirst)}, at::kByte);
}

enum Tag { kFirst, kRest };

bool has_rest(std::size_t size) {
  return size > kFirstPiece - sizeof(std::uint64_t);
}

}  // namespace

struct ProcessGroup::Impl {
  Place place;
  c10::intrusive_ptr<c10d::Store> store;
  c10::intrusive_ptr<Backend> backend;
  std::int64_t waits = 0;
  Waiting waiting;
  /// By rank: where the first piece of its next message goes.
  std::vector<std::vector<at::Tensor>> first_pieces;
  std::vector<c10::intrusive_ptr<Work>> expected;

  /// Gloo sends at once to where it is waited for, and else asks first: so the first piece of a
  /// rank's next message is always waited for.
  void expect(std::size_t other) {
    first_pieces[other] = {at::empty({kFirstPiece}, at::kByte)};
    expected[other] = backend->recv(first_pieces[other], static_cast<int>(other), kFirst);
  }

  /// Waits for a collective operation.
  template <class Start>
  void run(const Start& start) const {
    with_others([&] { start()->wait(); });
  }

  /// Several may notice at once that one is gone, and each then ends: the first to notice says
  /// which one it was.
  template <class Work>
  void with_other(std::size_t other, const Work& work) const {
    or_say_lost(work, [&] { return "process " + first_to_go(other); });
  }

  std::string first_to_go(std::size_t other) const {
    const std::string name = fmt::format("{}", other);
    try {
      const auto told =
          store->compareSet("gone", {}, std::vector<std::uint8_t>(name.begin(), name.end()));
      return {told.begin(), told.end()};
    } catch (const std::exception&) {
      return "0";  // the store is in its process
    }
  }

  template <class Work>
  void with_others(const Work& work) const {
    or_say_lost(work, [] { return "the others"; });
  }

  template <class Work, class Whom>
  void or_say_lost(const Work& work, const Whom& whom) const {
    try {
      work();
    } catch (const Interrupted&) {
      throw;
    } catch (const std::exception& error) {
      stop_if_interrupted();
      fail("process {} of {} has lost {}: {}; start all of them again", place.rank, place.size,
           whom(), first_line(error));
    }
  }
};

std::unique_ptr<ProcessGroup> ProcessGroup::from_environment(std::chrono::milliseconds patience) {
  if (std::ranges::none_of(kVariables, [](const char* name) { return std::getenv(name); })) {
    return nullptr;
  }
  auto impl = std::make_unique<Impl>();
  const Place& place = impl->place = read_place();
  try {
    impl->store = find_store(place, patience);
    impl->backend = connect(impl->store, place, patience);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    fail("process {} of {} does not find the others at MASTER_ADDR:MASTER_PORT, {}:{}: {}",
         place.rank, place.size, place.address, place.port, first_line(error));
  }
  std::unique_ptr<ProcessGroup> group(new ProcessGroup(std::move(impl)));
  group->barrier();  // rank 0 keeps the store for those that still connect
  notice_dead_machines(std::chrono::seconds(32));
  return group;
}

ProcessGroup::ProcessGroup(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ProcessGroup::~ProcessGroup() = default;

int ProcessGroup::rank() const {
  return impl_->place.rank;
}
int ProcessGroup::size() const {
  return impl_->place.size;
}

std::vector<Bytes> ProcessGroup::exchange(std::vector<Bytes> out) {
  const auto count = static_cast<std::size_t>(size());
  const auto own = static_cast<std::size_t>(rank());
  std::vector<c10::intrusive_ptr<Work>> sent;
  std::vector<std::vector<at::Tensor>> kept;  // until they are sent
  std::vector<std::vector<at::Tensor>> rest(count);
  std::vector<c10::intrusive_ptr<Work>> received(count);
  std::vector<Bytes> in(count);
  in[own] = std::move(out[own]);

  // The others in turn, so that not all of them send to one at once.
  const auto for_others = [&](const auto& work) {
    for (std::size_t step = 1; step < count; ++step) {
      const std::size_t other = (own + step) % count;
      impl_->with_other(other, [&] { work(other, static_cast<int>(other)); });
    }
  };
  const auto send = [&](const at::Tensor& tensor, int to, Tag tag) {
    kept.push_back({tensor});
    sent.push_back(impl_->backend->send(kept.back(), to, tag));
  };
  if (impl_->expected.empty()) {
    impl_->expected.resize(count);
    impl_->first_pieces.resize(count);
    for_others([&](std::size_t other, int) { impl_->expect(other); });
  }
  for_others([&](std::size_t other, int number) {
    send(first_piece_of(out[other]), number, kFirst);
    if (has_rest(out[other].size())) send(rest_of(out[other]), number, kRest);
  });
  for_others([&](std::size_t other, int number) {
    impl_->waiting.wait_for(impl_->expected[other]);
    const at::Tensor& first = impl_->first_pieces[other][0];
    in[other].resize(size_told_by(first));
    copy_bytes(in[other].data(), first.data_ptr<std::uint8_t>() + sizeof(std::uint64_t),
               std::min(in[other].size(), kFirstPiece - sizeof(std::uint64_t)));
    impl_->expect(other);
    if (!has_rest(in[other].size())) return;
    rest[other] = {rest_of(in[other])};
    received[other] = impl_->backend->recv(rest[other], number, kRest);
  });
  for_others([&](std::size_t other, int) {
    if (received[other]) impl_->waiting.wait_for(received[other]);
  });
  impl_->with_others([&] {
    for (const auto& work : sent) impl_->waiting.wait_for(work);
  });
  return in;
}

at::Tensor ProcessGroup::gather_rows(const at::Tensor& local) {
  const c10::NoGradGuard no_graph;
  std::vector<at::Tensor> input = {local.detach().contiguous()};
  std::vector<std::vector<at::Tensor>> outputs(1);
  for (int rank = 0; rank < size(); ++rank) outputs[0].push_back(at::empty_like(input[0]));
  impl_->run([&] { return impl_->backend->allgather(outputs, input); });
  return at::cat(outputs[0]);
}

void ProcessGroup::sum(std::vector<at::Tensor>& tensors) {
  const c10::NoGradGuard no_graph;
  // One message for many small tensors, whose count would cost more than their bytes; not one for
  // all, which would copy the whole network at once.
  constexpr std::int64_t kBucket = 25 << 20;  // bytes, as torch's DistributedDataParallel
  for (std::size_t begin = 0; begin < tensors.size();) {
    std::size_t end = begin;
    std::vector<at::Tensor> parts;
    for (std::int64_t bytes = 0; end < tensors.size() && bytes < kBucket; ++end) {
      if (tensors[end].scalar_type() != tensors[begin].scalar_type()) break;
      parts.push_back(tensors[end].flatten());
      bytes += static_cast<std::int64_t>(tensors[end].nbytes());
    }
    std::vector<at::Tensor> bucket = {at::cat(parts)};
    impl_->run([&] { return impl_->backend->allreduce(bucket); });
    for (std::int64_t offset = 0; begin < end; ++begin) {
      const std::int64_t count = tensors[begin].numel();
      tensors[begin].copy_(bucket[0].narrow(0, offset, count).view(tensors[begin].sizes()));
      offset += count;
    }
  }
}

void ProcessGroup::broadcast(std::vector<at::Tensor>& tensors) {
  const c10::NoGradGuard no_graph;
  for (at::Tensor& tensor : tensors) {
    std::vector<at::Tensor> message = {tensor.detach().contiguous()};
    impl_->run([&] { return impl_->backend->broadcast(message); });
    tensor.copy_(message[0]);
  }
}

void ProcessGroup::barrier() {
  impl_->run([&] { return impl_->backend->barrier(); });
}

void ProcessGroup::wait_for_leader() {
  constexpr std::chrono::milliseconds kLook{50};
  const std::string key = fmt::format("leader-{}", impl_->waits++);
  impl_->with_others([&] {
    if (rank() == 0) return impl_->store->set(key, std::vector<std::uint8_t>{1});
    // The store is in the leader's process, and asking it fails when that is gone. Where torchrun
    // has it, torchrun ends the others.
    while (!impl_->store->check({key})) std::this_thread::sleep_for(kLook);
  });
}

}  // namespace facenet

extern "C" const facenet::RankConnection* facenet_rank_connection() {
  static constexpr facenet::RankConnection kConnection{
      [] { return std::unique_ptr<facenet::Ranks>(facenet::ProcessGroup::from_environment()); }};
  return &kConnection;
}
