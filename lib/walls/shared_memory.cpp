#include "walls/shared_memory.h"

#include <fcntl.h>
#include <new>
#include <sys/mman.h>
#include <unistd.h>

namespace facenet {

SharedMemory::SharedMemory(std::size_t size)
    : file_(::memfd_create("facenet", MFD_CLOEXEC | MFD_ALLOW_SEALING)), size_(size) {
  if (file_.get() < 0 || ::ftruncate(file_.get(), static_cast<off_t>(size)) != 0 ||
      ::fcntl(file_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    throw std::bad_alloc();
  address_ =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file_.get(), 0);
  if (address_ == MAP_FAILED) throw std::bad_alloc();
}

SharedMemory::~SharedMemory() {
  ::munmap(address_, size_);
}

}  // namespace facenet
