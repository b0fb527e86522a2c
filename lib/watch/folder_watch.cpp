#include "watch/folder_watch.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <poll.h>
#include <set>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"

namespace facenet {
namespace {

using Milliseconds = std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kChanges = IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB |
                                   IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF;

/// A folder that holds it is left out with all below (pipeline/scan.h).
constexpr const char* kNoFaces = ".nofaces";

bool is_folder(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

/// Folders in a folder, hidden ones and links left out.
std::vector<std::string> folders_in(const std::string& folder) {
  std::vector<std::string> folders;
  const std::unique_ptr<DIR, int (*)(DIR*)> handle(::opendir(folder.c_str()), ::closedir);
  if (!handle) return folders;
  while (const dirent* entry = ::readdir(handle.get())) {
    if (entry->d_name[0] == '.') continue;
    std::string path = fmt::format("{}/{}", folder == "/" ? "" : folder, entry->d_name);
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode))
      folders.push_back(std::move(path));
  }
  return folders;
}

}  // namespace

/// What is watched under one number of inotify's.
struct Watched {
  std::string folder;
  bool whole = false;           ///< a root, or below one
  std::set<std::string> names;  ///< of roots in a folder that is watched for their sake
};

struct FolderWatch::Impl {
  std::vector<std::string> roots;
  const Exclusion& exclusion;
  std::string own;
  Descriptor inotify;
  std::unordered_map<int, Watched> watched{};
  std::int64_t unwatched = 0;

  /// Null when it cannot be watched.
  Watched* add(const std::string& folder, std::uint32_t changes) {
    const int number =
        ::inotify_add_watch(inotify.get(), folder.c_str(), changes | IN_ONLYDIR | IN_MASK_ADD);
    if (number < 0) {
      if (errno == ENOSPC || errno == ENOMEM) ++unwatched;  // else it has gone, or is not ours
      return nullptr;
    }
    Watched& added = watched[number];
    added.folder = folder;
    return &added;
  }

  /// A root that is to come, or to come back, or is a file, is seen by the folder that holds it.
  void add_holder_of(const std::string& root) {
    if (root == "/") return;
    const auto slash = root.rfind('/');
    if (Watched* holder = add(slash == 0 ? "/" : root.substr(0, slash), kChanges))
      holder->names.insert(root.substr(slash + 1));
  }

  void add_with_all_below(const std::string& root) {
    std::vector<std::string> folders{root};
    while (!folders.empty() && !interrupted()) {
      const std::string folder = std::move(folders.back());
      folders.pop_back();
      if (Watched* added = add(folder, kChanges)) added->whole = true;
      for (std::string& below : folders_in(folder))
        if (!exclusion.matches(below, root, true)) folders.push_back(std::move(below));
    }
  }

  bool concerns_photos(const inotify_event& event) const {
    if ((event.mask & IN_Q_OVERFLOW) != 0) return true;
    const auto found = watched.find(event.wd);
    if (found == watched.end()) return false;
    const Watched& place = found->second;
    const std::string name = event.len > 0 ? event.name : "";
    if (!place.whole) return place.names.contains(name);
    if (name.starts_with('.')) return name == kNoFaces;
    return !fmt::format("{}/{}", place.folder, name).starts_with(own);
  }

  /// Reads what has come. True when something concerns photos.
  bool drain() {
    alignas(inotify_event) std::array<char, 16 * 1024> buffer;
    bool any = false;
    for (;;) {
      const ssize_t read = ::read(inotify.get(), buffer.data(), buffer.size());
      if (read <= 0) return any;
      for (ssize_t at = 0; at < read;) {
        const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
        any |= concerns_photos(*event);
        if ((event->mask & IN_IGNORED) != 0) watched.erase(event->wd);
        at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      }
    }
  }
};

FolderWatch::FolderWatch(std::vector<std::string> roots, const Exclusion& exclusion,
                         std::string own)
    : impl_(new Impl{.roots = std::move(roots),
                     .exclusion = exclusion,
                     .own = std::move(own),
                     .inotify = Descriptor(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC))}) {
  if (impl_->inotify.get() < 0)
    fail(
        "cannot watch folders ({}): close other programs that do, or raise "
        "fs.inotify.max_user_instances with sysctl(8)",
        std::strerror(errno));
}

FolderWatch::~FolderWatch() = default;

void FolderWatch::refresh() {
  impl_->unwatched = 0;
  for (const std::string& root : impl_->roots) {
    impl_->add_holder_of(root);
    if (is_folder(root)) impl_->add_with_all_below(root);
  }
}

std::int64_t FolderWatch::unwatched() const {
  return impl_->unwatched;
}

bool FolderWatch::wait(Milliseconds most) {
  constexpr Milliseconds kSlice{500};  // a signal may come just before the system is asked to wait
  const auto end = Clock::now() + most;
  while (!interrupted()) {
    const auto left = std::chrono::ceil<Milliseconds>(end - Clock::now());
    pollfd ready{.fd = impl_->inotify.get(), .events = POLLIN, .revents = 0};
    const auto slice = std::clamp(left, Milliseconds{0}, kSlice);
    if (::poll(&ready, 1, static_cast<int>(slice.count())) > 0 && impl_->drain()) return true;
    if (left <= Milliseconds{0}) return false;
  }
  return false;
}

}  // namespace facenet
