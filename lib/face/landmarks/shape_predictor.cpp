#include "face/landmarks/shape_predictor.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <exception>
#include <istream>
#include <map>
#include <new>
#include <span>
#include <streambuf>
#include <type_traits>

#include <dlib/image_processing/shape_predictor.h>

#include "base/error.h"
#include "base/file.h"
#include "walls/walled_work.h"
#include "weights/safetensors.h"

namespace facenet {
namespace {

using Shape = dlib::matrix<float, 0, 1>;
using Offset = dlib::vector<float, 2>;
using Forest = std::vector<dlib::impl::regression_tree>;

/// What dlib's files hold, in their order.
struct ParsedFile {
  Shape initial_shape;
  std::vector<Forest> forests;
  std::vector<std::vector<unsigned long>> anchors;
  std::vector<std::vector<Offset>> offsets;
};

/// The file's bytes, as dlib wants to read them.
class BytesBuffer : public std::streambuf {
 public:
  explicit BytesBuffer(std::span<const std::byte> bytes) {
    // setg() has no form for constants; nobody writes.
    auto* begin = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));
    setg(begin, begin, begin + bytes.size());
  }
};

ParsedFile parse(const MappedFile& file) {
  BytesBuffer buffer(file.bytes());
  std::istream in(&buffer);
  int version = 0;
  dlib::deserialize(version, in);
  if (version != 1) fail("version {} is not known", version);
  ParsedFile parsed;
  dlib::deserialize(parsed.initial_shape, in);
  dlib::deserialize(parsed.forests, in);
  dlib::deserialize(parsed.anchors, in);
  dlib::deserialize(parsed.offsets, in);
  return parsed;
}

/// The numbers of a file, as tensors over them.
class Numbers {
 public:
  void add(const std::string& name, std::vector<float> values) {
    put(name, TensorType::kFloat32, floats_[name] = std::move(values));
  }
  void add(const std::string& name, std::vector<std::int64_t> values) {
    put(name, TensorType::kInt64, integers_[name] = std::move(values));
  }
  const std::map<std::string, TensorView>& tensors() const { return tensors_; }

 private:
  template <class T>
  void put(const std::string& name, TensorType type, const std::vector<T>& values) {
    tensors_[name] = {
        .type = type, .shape = {std::ssize(values)}, .data = std::as_bytes(std::span(values))};
  }

  std::map<std::string, std::vector<float>> floats_;
  std::map<std::string, std::vector<std::int64_t>> integers_;
  std::map<std::string, TensorView> tensors_;
};

/// All that the file holds in three lists, which CascadeReader reads in the same order.
Numbers flatten(const ParsedFile& parsed) {
  std::vector<std::int64_t> sizes{parsed.initial_shape.size() / 2, std::ssize(parsed.forests)};
  std::vector<std::int64_t> indices;
  std::vector<float> values(parsed.initial_shape.begin(), parsed.initial_shape.end());
  if (parsed.anchors.size() != parsed.forests.size() ||
      parsed.offsets.size() != parsed.forests.size())
    fail("its cascades have no pixels");
  for (std::size_t i = 0; i < parsed.forests.size(); ++i) {
    if (parsed.anchors[i].size() != parsed.offsets[i].size()) fail("its pixels have no places");
    sizes.push_back(std::ssize(parsed.anchors[i]));
    sizes.push_back(std::ssize(parsed.forests[i]));
    for (const unsigned long anchor : parsed.anchors[i])
      indices.push_back(static_cast<std::int64_t>(anchor));
    for (const Offset& offset : parsed.offsets[i])
      values.insert(values.end(), {offset.x(), offset.y()});
    for (const dlib::impl::regression_tree& tree : parsed.forests[i]) {
      sizes.push_back(std::ssize(tree.splits));
      for (const dlib::impl::split_feature& split : tree.splits) {
        indices.push_back(static_cast<std::int64_t>(split.idx1));
        indices.push_back(static_cast<std::int64_t>(split.idx2));
        values.push_back(split.thresh);
      }
      if (tree.leaf_values.size() != tree.splits.size() + 1) fail("a tree lacks leaves");
      for (const Shape& leaf : tree.leaf_values) {
        if (leaf.size() != parsed.initial_shape.size()) fail("a leaf has another number of points");
        values.insert(values.end(), leaf.begin(), leaf.end());
      }
    }
  }
  Numbers numbers;
  numbers.add("sizes", std::move(sizes));
  numbers.add("indices", std::move(indices));
  numbers.add("values", std::move(values));
  return numbers;
}

/// What a file may become: dlib writes most numbers in five bytes.
WorkLimits limits_for(const MappedFile& file) {
  constexpr std::int64_t kSmall = std::int64_t{1} << 26;
  const std::int64_t most_output = 2 * static_cast<std::int64_t>(file.bytes().size()) + kSmall;
  return {.most_memory = 8 * most_output,
          .most_output = most_output,
          .most_time = std::chrono::minutes(1)};
}

[[noreturn]] void fail_as_damaged(const std::string& path, const char* reason) {
  fail("the landmark predictor {} is damaged ({}): install it again or remove it", path, reason);
}

SafetensorsFile read_behind_walls(const std::string& path) {
  const MappedFile file(path);
  return SafetensorsFile(work_behind_walls(path, limits_for(file), [&](std::ostream& out) {
    try {
      write_safetensors(out, path, flatten(parse(file)).tensors(), {});
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      fail_as_damaged(path, error.what());
    }
  }));
}

/// The numbers of a tensor, one after the other. Throws Error when there are no more.
template <class T>
class Sequence {
 public:
  Sequence(const SafetensorsFile& file, const std::string& name) {
    const TensorView& tensor = file.tensor(name);
    constexpr TensorType kType =
        std::is_same_v<T, float> ? TensorType::kFloat32 : TensorType::kInt64;
    if (tensor.type != kType) fail("{} are numbers of another kind", name);
    values_.resize(tensor.data.size() / sizeof(T));
    if (values_.empty()) return;  // or memcpy() is given a null pointer
    std::memcpy(values_.data(), tensor.data.data(), values_.size() * sizeof(T));
  }

  T next() {
    if (at_ == values_.size()) fail("numbers are missing");
    return values_[at_++];
  }
  bool at_end() const { return at_ == values_.size(); }

 private:
  std::vector<T> values_;
  std::size_t at_ = 0;
};

struct Cascade {
  std::vector<unsigned long> anchors;  ///< of each pixel, the point that it lies by
  std::vector<Offset> offsets;         ///< and how far from that, in shares of the box
  Forest trees;
};

/// Builds cascades of a stranger's numbers. Throws Error when they are no predictor.
class CascadeReader {
 public:
  explicit CascadeReader(const SafetensorsFile& file)
      : sizes_(file, "sizes"), indices_(file, "indices"), values_(file, "values") {}

  std::int64_t size() {
    const std::int64_t size = sizes_.next();
    if (size < 0 || size > kMost) fail("{} parts", size);
    return size;
  }

  Shape shape(std::int64_t numbers) {
    Shape shape(numbers);
    for (float& value : shape) value = number();
    return shape;
  }

  Cascade cascade(std::int64_t points) {
    const std::int64_t pixels = size();
    const std::int64_t trees = size();
    Cascade cascade;
    for (std::int64_t i = 0; i < pixels; ++i) cascade.anchors.push_back(index(points));
    for (std::int64_t i = 0; i < pixels; ++i) {
      const float x = number();
      cascade.offsets.emplace_back(x, number());
    }
    for (std::int64_t i = 0; i < trees; ++i) cascade.trees.push_back(tree(points, pixels));
    return cascade;
  }

  void require_end() const {
    if (!sizes_.at_end() || !indices_.at_end() || !values_.at_end()) fail("numbers are left over");
  }

 private:
  static constexpr std::int64_t kMost = 1'000'000;

  dlib::impl::regression_tree tree(std::int64_t points, std::int64_t pixels) {
    const std::int64_t splits = size();
    dlib::impl::regression_tree tree;
    for (std::int64_t i = 0; i < splits; ++i) {
      const unsigned long first = index(pixels);
      const unsigned long second = index(pixels);
      tree.splits.push_back({first, second, number()});
    }
    for (std::int64_t i = 0; i <= splits; ++i) tree.leaf_values.push_back(shape(2 * points));
    return tree;
  }

  unsigned long index(std::int64_t count) {
    const std::int64_t index = indices_.next();
    if (index < 0 || index >= count) fail("it has no part {}", index);
    return static_cast<unsigned long>(index);
  }

  /// Shares of a box, and differences of grey values: so no place in a photo leaves the range of
  /// whole numbers.
  float number() {
    constexpr float kMostValue = 1000;
    const float value = values_.next();
    if (!(std::abs(value) <= kMostValue)) fail("{} is not a place", value);
    return value;
  }

  Sequence<std::int64_t> sizes_, indices_;
  Sequence<float> values_;
};

}  // namespace

struct ShapeCascades {
  Shape initial_shape;
  std::vector<Cascade> cascades;
};

ShapePredictor::ShapePredictor(const std::string& path) {
  const SafetensorsFile file = read_behind_walls(path);
  auto shape = std::make_unique<ShapeCascades>();
  try {
    CascadeReader reader(file);
    const std::int64_t points = reader.size();
    const std::int64_t cascades = reader.size();
    shape->initial_shape = reader.shape(2 * points);
    for (std::int64_t i = 0; i < cascades; ++i) shape->cascades.push_back(reader.cascade(points));
    reader.require_end();
  } catch (const Error& error) {
    fail_as_damaged(path, error.what());
  }
  cascades_ = std::move(shape);
}

ShapePredictor::~ShapePredictor() = default;
ShapePredictor::ShapePredictor(ShapePredictor&&) noexcept = default;

std::size_t ShapePredictor::count_points() const {
  return static_cast<std::size_t>(cascades_->initial_shape.size()) / 2;
}

std::vector<dlib::point> ShapePredictor::find(const DlibImage& image,
                                              const dlib::rectangle& box) const {
  Shape shape = cascades_->initial_shape;
  std::vector<float> pixels;
  for (const Cascade& cascade : cascades_->cascades) {
    dlib::impl::extract_feature_pixel_values(image, box, shape, cascades_->initial_shape,
                                             cascade.anchors, cascade.offsets, pixels);
    unsigned long leaf = 0;
    for (const dlib::impl::regression_tree& tree : cascade.trees) shape += tree(pixels, leaf);
  }
  const dlib::point_transform_affine to_image = dlib::impl::unnormalizing_tform(box);
  std::vector<dlib::point> points(count_points());
  for (std::size_t i = 0; i < points.size(); ++i)
    points[i] = to_image(dlib::impl::location(shape, i));
  return points;
}

}  // namespace facenet
