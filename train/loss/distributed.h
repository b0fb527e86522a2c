#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "base/ranks.h"

namespace at {
class Tensor;
}

namespace facenet {

/// The processes of one data-parallel training, each with its share of every batch, or of another
/// computation: LibTorch's c10d with Gloo, which carries tensors of the CPU. All of them make the
/// same calls in the same order; a call throws Error when another process is gone.
class ProcessGroup : public Ranks {
 public:
  /// Joins the group that MASTER_ADDR, MASTER_PORT, RANK and WORLD_SIZE name, as torchrun sets them
  /// and Slurm or mpirun can; nullptr when none of them is set. Rank 0 listens at that address.
  /// GLOO_SOCKET_IFNAME names the network interface, if it is not that of the host's name.
  /// Throws UsageError when only some are set or one has no meaning, Error when the others are not
  /// there within `patience`.
  static std::unique_ptr<ProcessGroup> from_environment(
      std::chrono::milliseconds patience = std::chrono::minutes(5));

  ~ProcessGroup() override;
  ProcessGroup(const ProcessGroup&) = delete;
  ProcessGroup& operator=(const ProcessGroup&) = delete;

  int rank() const override;
  int size() const override;

  /// See Ranks. Waits for an hour for what another rank computes; one that has ended or cannot be
  /// reached any more is noticed at once. A signal ends the waiting with Interrupted.
  std::vector<Bytes> exchange(std::vector<Bytes> out) override;

  /// [n, ...] on each process, of one shape and type -> the rows of all, [size * n, ...], in the
  /// order of ranks. Without graph.
  at::Tensor gather_rows(const at::Tensor& local);

  /// Replaces each tensor by the sum of those that stand at its place in all processes: the same
  /// bits everywhere, so that copies of a network stay copies.
  void sum(std::vector<at::Tensor>& tensors);

  /// Replaces each tensor by that of rank 0.
  void broadcast(std::vector<at::Tensor>& tensors);

  /// Returns once all processes are here.
  void barrier();

  /// Rank 0 goes on at once. The others return once it has been here as often as they, however long
  /// that takes: other calls give up after the group's patience, which work that one process does
  /// for all may well exceed.
  void wait_for_leader();

 private:
  struct Impl;
  explicit ProcessGroup(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace facenet
