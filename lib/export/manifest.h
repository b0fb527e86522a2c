#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace facenet {

/// How photos are put into folders.
enum class FileKind {
  kLink,      ///< a symbolic link
  kHardLink,  ///< a further name of the same file
  kCopy,      ///< a file of its own, which may share its blocks with the photo
};

/// A file that an export made, or is about to make, and how to know it.
struct MadeFile {
  FileKind kind = FileKind::kLink;
  std::string folder{}, name{};
  std::string photo{};        ///< SHA-256 of its bytes, as hexadecimal digits
  std::string target{};       ///< of a link: what it says
  std::uint64_t inode = 0;    ///< of a hard link
  std::int64_t size = 0;      ///< of a copy
  std::int64_t mtime_ns = 0;  ///< of a copy

  friend bool operator==(const MadeFile&, const MadeFile&) = default;
};

/// What an export notes in its folder: all that is there of its own making. Written before anything
/// is changed, with what is to be made as well, and once more at the end. So whatever happens
/// between, there is nothing of its own that it does not know of.
struct Manifest {
  std::set<std::string> folders;
  std::vector<MadeFile> files;
};

inline constexpr const char* kManifestName = ".facenet-export";

/// Fields that each end in NUL: names may hold any other byte.
std::string manifest_bytes(const Manifest& manifest);

/// Throws Error for what is no manifest, is cut, or names files outside of its folder; `path` is
/// what the message calls it.
Manifest read_manifest(std::string_view bytes, const std::string& path);

}  // namespace facenet
