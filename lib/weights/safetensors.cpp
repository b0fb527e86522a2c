#include "weights/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hash.h"

namespace facenet {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are mapped, not converted");

constexpr std::size_t kLengthBytes = 8;
/// That of networks of thousands of layers has some hundred kilobytes. Reading one takes sixty
/// times its size.
constexpr std::size_t kMaxHeader = 4 << 20;
constexpr const char* kMetadataKey = "__metadata__";
constexpr const char* kHashKey = "sha256";

struct TypeName {
  TensorType type;
  const char* name;
  std::size_t size;
};
constexpr TypeName kTypes[] = {{TensorType::kFloat32, "F32", 4},
                               {TensorType::kFloat16, "F16", 2},
                               {TensorType::kInt64, "I64", 8}};

const TypeName& type_row(TensorType type) {
  return *std::find_if(std::begin(kTypes), std::end(kTypes),
                       [&](const TypeName& row) { return row.type == type; });
}

/// Reads the header of one file; every complaint names the file.
class HeaderReader {
 public:
  HeaderReader(const std::string& path, std::span<const std::byte> file) : path_(path) {
    if (file.size() < kLengthBytes) damaged("it is cut short");
    std::uint64_t length = 0;
    std::memcpy(&length, file.data(), kLengthBytes);
    const std::size_t rest = file.size() - kLengthBytes;
    if (length < 2) damaged("it is not in the safetensors format");
    if (length > kMaxHeader)
      damaged(
          fmt::format("it is not in the safetensors format, or its header of {} bytes is longer "
                      "than {}",
                      length, kMaxHeader));
    if (length > rest) damaged("its header is cut short");
    header_ = parse(file.subspan(kLengthBytes, length));
    payload_ = file.subspan(kLengthBytes + length);
  }

  std::span<const std::byte> payload() const { return payload_; }

  std::map<std::string, std::string> metadata() const {
    std::map<std::string, std::string> result;
    const auto found = header_.find(kMetadataKey);
    if (found == header_.end()) return result;
    if (!found->is_object()) damaged("its metadata is not an object");
    for (const auto& [key, value] : found->items()) {
      if (!value.is_string()) damaged(fmt::format("its metadata \"{}\" is not a string", key));
      result.emplace(key, value.get<std::string>());
    }
    return result;
  }

  std::map<std::string, TensorView> tensors() const {
    std::map<std::string, TensorView> result;
    for (const auto& [name, entry] : header_.items()) {
      if (name != kMetadataKey) result.emplace(name, tensor(name, entry));
    }
    check_tiling(result);
    return result;
  }

  [[noreturn]] void damaged(const std::string& what) const {
    fail("{}: cannot be used as a weights file: {}; make it again with \"facenet model import\"",
         path_, what);
  }

 private:
  nlohmann::json parse(std::span<const std::byte> text) const {
    // nlohmann keeps the last of two equal keys; which of them is meant cannot be known.
    std::vector<std::set<std::string>> keys;
    std::optional<std::string> twice;
    const auto watch = [&](int, nlohmann::json::parse_event_t event, nlohmann::json& value) {
      if (event == nlohmann::json::parse_event_t::object_start) keys.emplace_back();
      if (event == nlohmann::json::parse_event_t::object_end) keys.pop_back();
      if (event == nlohmann::json::parse_event_t::key &&
          !keys.back().insert(value.get<std::string>()).second) {
        twice = value.get<std::string>();
      }
      return true;
    };
    const auto* first = reinterpret_cast<const char*>(text.data());
    try {
      auto header = nlohmann::json::parse(first, first + text.size(), watch);
      if (!header.is_object()) damaged("its header is not a JSON object");
      if (twice) damaged(fmt::format("its header has \"{}\" twice", *twice));
      return header;
    } catch (const nlohmann::json::exception&) {
      damaged("its header is not valid JSON");
    }
  }

  [[noreturn]] void damaged_tensor(const std::string& name, const std::string& what) const {
    damaged(fmt::format("tensor \"{}\" {}", name, what));
  }

  TensorView tensor(const std::string& name, const nlohmann::json& entry) const {
    if (!entry.is_object()) damaged_tensor(name, "is not described by an object");
    TensorView view;
    view.type = type_of(name, entry);
    view.shape = shape_of(name, entry);
    const auto [begin, end] = offsets_of(name, entry);
    if (begin > end || end > payload_.size()) damaged_tensor(name, "lies outside the file");
    if (end - begin != bytes_of(name, view)) {
      damaged_tensor(name, "has another length than its shape and type say");
    }
    view.data = payload_.subspan(begin, end - begin);
    return view;
  }

  TensorType type_of(const std::string& name, const nlohmann::json& entry) const {
    const auto found = entry.find("dtype");
    if (found == entry.end() || !found->is_string()) damaged_tensor(name, "has no dtype");
    const auto text = found->get<std::string>();
    for (const TypeName& row : kTypes) {
      if (text == row.name) return row.type;
    }
    damaged_tensor(name, fmt::format("has the unsupported dtype {}", text));
  }

  std::vector<std::int64_t> shape_of(const std::string& name, const nlohmann::json& entry) const {
    const auto found = entry.find("shape");
    if (found == entry.end() || !found->is_array()) damaged_tensor(name, "has no shape");
    std::vector<std::int64_t> shape;
    for (const auto& extent : *found) {
      if (!extent.is_number_unsigned() ||
          extent.get<std::uint64_t>() > std::numeric_limits<std::int32_t>::max()) {
        damaged_tensor(name, "has a shape that is not made of small whole numbers");
      }
      shape.push_back(extent.get<std::int64_t>());
    }
    return shape;
  }

  std::pair<std::size_t, std::size_t> offsets_of(const std::string& name,
                                                 const nlohmann::json& entry) const {
    const auto found = entry.find("data_offsets");
    if (found == entry.end() || !found->is_array() || found->size() != 2 ||
        !(*found)[0].is_number_unsigned() || !(*found)[1].is_number_unsigned()) {
      damaged_tensor(name, "has no data_offsets");
    }
    return {(*found)[0].get<std::size_t>(), (*found)[1].get<std::size_t>()};
  }

  /// Bytes that shape and type ask for, without overflow: no tensor is larger than the file.
  std::size_t bytes_of(const std::string& name, const TensorView& view) const {
    std::size_t bytes = size_of(view.type);
    for (const std::int64_t extent : view.shape) {
      if (extent == 0) return 0;
    }
    for (const std::int64_t extent : view.shape) {
      if (bytes > payload_.size() / static_cast<std::size_t>(extent)) {
        damaged_tensor(name, "is larger than the file");
      }
      bytes *= static_cast<std::size_t>(extent);
    }
    return bytes;
  }

  /// The format wants every payload byte to belong to exactly one tensor.
  void check_tiling(const std::map<std::string, TensorView>& tensors) const {
    std::vector<std::pair<const std::byte*, std::string>> order;
    for (const auto& [name, view] : tensors) {
      if (!view.data.empty()) order.emplace_back(view.data.data(), name);
    }
    std::sort(order.begin(), order.end());
    const std::byte* at = payload_.data();
    for (const auto& [begin, name] : order) {
      if (begin < at) damaged_tensor(name, "overlaps another tensor");
      if (begin > at) damaged_tensor(name, "follows a hole in the file");
      at = begin + tensors.at(name).data.size();
    }
    if (at != payload_.data() + payload_.size()) damaged("it has bytes after its last tensor");
  }

  const std::string& path_;
  nlohmann::json header_;
  std::span<const std::byte> payload_;
};

/// Larger elements first, so that every tensor is aligned in the mapped file.
std::vector<std::pair<std::string, const TensorView*>> file_order(
    const std::map<std::string, TensorView>& tensors) {
  std::vector<std::pair<std::string, const TensorView*>> order;
  order.reserve(tensors.size());
  for (const auto& [name, view] : tensors) order.emplace_back(name, &view);
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return size_of(a.second->type) > size_of(b.second->type);
  });
  return order;
}

void check_writable(const std::string& path, const std::string& name, const TensorView& view) {
  const auto bytes = static_cast<std::size_t>(view.elements()) * size_of(view.type);
  if (name == kMetadataKey || bytes != view.data.size()) {
    fail(
        "{}: cannot write tensor \"{}\": its name is reserved or its length is not that of its "
        "shape",
        path, name);
  }
}

}  // namespace

std::size_t size_of(TensorType type) {
  return type_row(type).size;
}

std::int64_t TensorView::elements() const {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) count *= extent;
  return count;
}

SafetensorsFile::SafetensorsFile(const std::string& path) : SafetensorsFile(MappedFile(path)) {}

SafetensorsFile::SafetensorsFile(MappedFile file) : file_(std::move(file)) {
  const HeaderReader reader(file_.path(), file_.bytes());
  metadata_ = reader.metadata();
  tensors_ = reader.tensors();
  payload_sha256_ = sha256(reader.payload()).hex();
  const auto stated = metadata_.find(kHashKey);
  if (stated != metadata_.end() && stated->second != payload_sha256_) {
    reader.damaged(fmt::format("its weights have the SHA-256 {}, not the stated {}",
                               payload_sha256_, stated->second));
  }
}

const TensorView& SafetensorsFile::tensor(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    fail("{}: has no tensor \"{}\"; the file is for another network", path(), name);
  }
  return found->second;
}

void write_safetensors(std::ostream& out, const std::string& name,
                       const std::map<std::string, TensorView>& tensors,
                       std::map<std::string, std::string> metadata) {
  const auto order = file_order(tensors);
  nlohmann::json header = nlohmann::json::object();
  Sha256Hasher hasher;
  std::size_t offset = 0;
  for (const auto& [tensor, view] : order) {
    check_writable(name, tensor, *view);
    hasher.update(view->data);
    header[tensor] = {{"dtype", type_row(view->type).name},
                      {"shape", view->shape},
                      {"data_offsets", {offset, offset + view->data.size()}}};
    offset += view->data.size();
  }
  metadata[kHashKey] = hasher.finish().hex();
  header[kMetadataKey] = metadata;

  std::string text = header.dump();
  text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');
  const std::uint64_t length = text.size();
  out.write(reinterpret_cast<const char*>(&length), kLengthBytes);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  for (const auto& [tensor, view] : order) {
    out.write(reinterpret_cast<const char*>(view->data.data()),
              static_cast<std::streamsize>(view->data.size()));
  }
}

void write_safetensors(const std::string& path, const std::map<std::string, TensorView>& tensors,
                       std::map<std::string, std::string> metadata, bool overwrite) {
  write_file_atomically(path, overwrite, [&](std::ostream& out) {
    write_safetensors(out, path, tensors, std::move(metadata));
  });
}

}  // namespace facenet
