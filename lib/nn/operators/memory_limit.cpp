#include "nn/operators/memory_limit.h"

#include <limits>

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>
#include <torch/version.h>

// LibTorch 2.3 made this function of its allocators one that changes them.
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 3)
#define FACENET_ALLOCATE_CONST
#else
#define FACENET_ALLOCATE_CONST const
#endif

namespace facenet {
namespace {

thread_local std::size_t limit = std::numeric_limits<std::size_t>::max();

class LimitedAllocator final : public c10::Allocator {
 public:
  explicit LimitedAllocator(c10::Allocator& base) : base_(base) {}

  c10::DataPtr allocate(std::size_t bytes) FACENET_ALLOCATE_CONST override {
    require_memory(static_cast<double>(bytes));
    return base_.allocate(bytes);
  }
  c10::DeleterFnPtr raw_deleter() const override { return base_.raw_deleter(); }

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 3)
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
#endif

 private:
  c10::Allocator& base_;
};

void install_once() {
  static const bool done = [] {
    static LimitedAllocator allocator(*c10::GetCPUAllocator());
    c10::SetCPUAllocator(&allocator, /*priority=*/1);
    return true;
  }();
  static_cast<void>(done);
}

}  // namespace

MemoryLimit::MemoryLimit(std::size_t bytes) : before_(limit) {
  install_once();
  limit = bytes;
}

MemoryLimit::~MemoryLimit() {
  limit = before_;
}

void require_memory(double bytes) {
  constexpr double kMegabyte = 1 << 20;
  TORCH_CHECK(bytes <= static_cast<double>(limit), "it asks for ",
              static_cast<std::int64_t>(bytes / kMegabyte), " MiB of memory at once, where ",
              limit >> 20, " MiB are enough for a network that finds or compares faces");
}

}  // namespace facenet
