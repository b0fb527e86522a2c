#pragma once

#include <cstddef>
#include <functional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

namespace facenet {

class Descriptor;

/// A file mapped read-only into memory for as long as this lives.
class MappedFile {
 public:
  /// Throws Error when the file cannot be opened or mapped.
  explicit MappedFile(const std::string& path);
  /// The first `size` bytes of an open file, which need not stay open. Throws Error.
  MappedFile(const Descriptor& file, std::size_t size, std::string name);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return bytes_; }
  /// Gives back the memory of the first `size` bytes, which are read again if they are used again.
  void forget(std::size_t size) const;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::span<const std::byte> bytes_;
};

/// The whole content of a file, a pipe too; "-" is standard input. Waits for what others write, but
/// not for ever for somebody to write to a named pipe. Throws Error, also for more than a gigabyte,
/// or a megabyte from a device (/dev/zero has no end), and Interrupted.
std::string read_all(const std::string& path);

/// An open file descriptor that closes itself.
class Descriptor {
 public:
  /// Opens a regular file for reading, and never waits: what is called photo.jpg may be a pipe that
  /// nobody writes to, or a link to /dev/zero. Throws Error with the reason.
  explicit Descriptor(const std::string& path);
  /// Takes over one that is open.
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

/// Opens standard input, output and error where the program was started without them (`>&-`), so
/// that no file or socket gets their numbers, and what is meant for the terminal. Reading the one
/// and writing the others fails, as before. Call it first of all.
void fill_standard_descriptors();

/// Writes a file whole or not at all: to a temporary file beside it, as the bytes come, flushed to
/// the disk, then renamed. Refuses to replace an existing file unless `overwrite`, also one that
/// somebody makes meanwhile. Throws Error; a full disk leaves nothing behind.
void write_file_atomically(const std::string& path, bool overwrite,
                           const std::function<void(std::ostream&)>& write);

/// Renames `from`, whose bytes are on the disk, to `path`, durably; on a file system without such a
/// rename, as nearly as it can. Throws Error, also for a `path` that is taken, unless `overwrite`.
void put_in_place(const std::string& from, const std::string& path, bool overwrite);

/// Throws the Error that says how to replace `path`, if it exists and `overwrite` is false.
void require_free(const std::string& path, bool overwrite);

/// Makes a rename to `path` durable: the entry lives in the folder, which has its own blocks.
void sync_folder_of(const std::string& path);

/// True for a file, a folder, or a link to nowhere: a name that is taken.
bool file_exists(const std::string& path);

/// Makes the folder, and those above it, where they are missing. Throws Error.
void make_folder(const std::string& path);

/// The folder of the running program, without a trailing slash.
std::string executable_folder();

/// Where a module of the program may be: beside it in a build folder, under lib/facenet in an
/// installation.
std::vector<std::string> module_places(const std::string& name);

/// `path` made absolute against the working folder, "." and ".." and doubled slashes resolved
/// without following links. The bytes of a file name are never changed. Throws Error for an empty
/// path.
std::string absolute_path(const std::string& path);

/// $XDG_DATA_HOME/facenet, by default ~/.local/share/facenet. Throws Error when neither is set.
std::string user_data_folder();

/// $XDG_CONFIG_HOME/facenet, by default ~/.config/facenet; empty when neither is set.
std::string user_configuration_folder();

/// `path` with the user's home in place of a "~" before the first slash.
std::string with_home(const std::string& path);

}  // namespace facenet
