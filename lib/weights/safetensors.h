#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"

namespace facenet {

/// Element types that facenet reads and writes.
enum class TensorType { kFloat32, kFloat16, kInt64 };

std::size_t size_of(TensorType type);

/// One tensor of a weights file; `data` points into memory that the owner keeps.
struct TensorView {
  TensorType type = TensorType::kFloat32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> data;

  std::int64_t elements() const;
};

/// A weights file in the safetensors format: eight bytes of header length, a JSON header, raw
/// little-endian tensors. The file is mapped, not parsed; nothing in it is executed, and nothing in
/// its header is believed before it was checked against the file's length.
class SafetensorsFile {
 public:
  /// Throws Error that names the file and what is wrong: cut short, not safetensors, tensors that
  /// overlap or leave the file, a payload whose SHA-256 is not the one its metadata states.
  explicit SafetensorsFile(const std::string& path);
  /// Takes over one that is mapped.
  explicit SafetensorsFile(MappedFile file);

  const std::string& path() const { return file_.path(); }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::map<std::string, TensorView>& tensors() const { return tensors_; }
  /// Throws Error that names the file and the tensor when it is missing.
  const TensorView& tensor(const std::string& name) const;
  /// SHA-256 of the tensor bytes, hexadecimal; what "the same weights" means in the catalog.
  const std::string& payload_sha256() const { return payload_sha256_; }

 private:
  MappedFile file_;
  std::map<std::string, std::string> metadata_;
  std::map<std::string, TensorView> tensors_;
  std::string payload_sha256_;
};

/// Writes a safetensors file whole or not at all, with the payload's SHA-256 in its metadata under
/// "sha256". The same input gives the same bytes. Throws Error.
void write_safetensors(const std::string& path, const std::map<std::string, TensorView>& tensors,
                       std::map<std::string, std::string> metadata, bool overwrite);
/// The same to a stream; `name` is for messages.
void write_safetensors(std::ostream& out, const std::string& name,
                       const std::map<std::string, TensorView>& tensors,
                       std::map<std::string, std::string> metadata);

}  // namespace facenet
