#include "export/manifest.h"

#include <array>
#include <charconv>

#include "base/error.h"

namespace facenet {
namespace {

constexpr std::string_view kHeading = "facenet export 1\n";
constexpr std::string_view kEnd = "end";
constexpr std::array<std::string_view, 3> kKinds = {"link", "hard link", "copy"};

void put(std::string& bytes, std::string_view field) {
  bytes += field;
  bytes += '\0';
}

/// Takes the fields apart.
class Fields {
 public:
  Fields(std::string_view rest, const std::string& path) : rest_(rest), path_(path) {}

  std::string_view next() {
    const std::size_t end = rest_.find('\0');
    if (end == rest_.npos) damaged();
    const std::string_view field = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return field;
  }
  template <class Number>
  Number number() {
    const std::string_view field = next();
    Number value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc{} || end != field.data() + field.size()) damaged();
    return value;
  }
  /// One step below a folder, nothing else.
  std::string component() {
    const std::string_view field = next();
    if (field.empty() || field == "." || field == ".." || field.find('/') != field.npos) damaged();
    return std::string(field);
  }
  bool at_end() const { return rest_.empty(); }

  [[noreturn]] void damaged() const {
    fail(
        "{}: damaged, so that it is not known which files facenet put there; export to a new "
        "folder",
        path_);
  }

 private:
  std::string_view rest_;
  const std::string& path_;
};

FileKind kind_of(std::string_view word, const Fields& fields) {
  for (std::size_t i = 0; i < kKinds.size(); ++i)
    if (kKinds[i] == word) return static_cast<FileKind>(i);
  fields.damaged();
}

}  // namespace

std::string manifest_bytes(const Manifest& manifest) {
  std::string bytes(kHeading);
  for (const std::string& folder : manifest.folders) {
    put(bytes, "folder");
    put(bytes, folder);
  }
  for (const MadeFile& file : manifest.files) {
    put(bytes, kKinds[static_cast<std::size_t>(file.kind)]);
    put(bytes, file.folder);
    put(bytes, file.name);
    put(bytes, file.photo);
    put(bytes, file.target);
    put(bytes, fmt::format("{}", file.inode));
    put(bytes, fmt::format("{}", file.size));
    put(bytes, fmt::format("{}", file.mtime_ns));
  }
  put(bytes, kEnd);
  return bytes;
}

Manifest read_manifest(std::string_view bytes, const std::string& path) {
  Manifest manifest;
  Fields fields(bytes.starts_with(kHeading) ? bytes.substr(kHeading.size()) : "", path);
  for (;;) {
    const std::string_view word = fields.next();
    if (word == kEnd) {
      if (!fields.at_end()) fields.damaged();
      return manifest;
    }
    if (word == "folder") {
      manifest.folders.insert(fields.component());
      continue;
    }
    MadeFile file{.kind = kind_of(word, fields)};
    file.folder = fields.component();
    file.name = fields.component();
    file.photo = fields.next();
    file.target = fields.next();
    file.inode = fields.number<std::uint64_t>();
    file.size = fields.number<std::int64_t>();
    file.mtime_ns = fields.number<std::int64_t>();
    manifest.files.push_back(std::move(file));
  }
}

}  // namespace facenet
