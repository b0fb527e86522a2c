#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

// Writes TensorFlow Lite files for the tests, from the flatbuffer format's description: a table is
// a 32-bit distance back to its list of field places, then the fields; what a field points to
// follows.
namespace facenet {

class FlatbufferWriter {
 public:
  using Child = std::function<std::size_t()>;  ///< writes a part, returns its position

  struct Field {
    std::size_t width = 0;  ///< 0: left out, 1 or 4 bytes
    std::int32_t value = 0;
    Child child;  ///< of a field that points to a part

    static Field small(std::int8_t value) { return {1, value, {}}; }
    static Field integer(std::int32_t value) { return {4, value, {}}; }
    static Field number(float value) {
      std::int32_t bits = 0;
      std::memcpy(&bits, &value, sizeof bits);
      return {4, bits, {}};
    }
    static Field part(Child child) { return {4, 0, std::move(child)}; }
  };

  FlatbufferWriter() : bytes_(std::string("\0\0\0\0TFL3", 8)) {}

  void finish(const Child& root) { point(0, root()); }
  const std::string& bytes() const { return bytes_; }

  std::size_t table(const std::vector<Field>& fields) {
    align();
    const std::size_t places = bytes_.size();
    append<std::uint16_t>(static_cast<std::uint16_t>(4 + 2 * fields.size()));
    append<std::uint16_t>(static_cast<std::uint16_t>(4 + 4 * fields.size()));
    for (std::size_t i = 0; i < fields.size(); ++i) {
      append<std::uint16_t>(static_cast<std::uint16_t>(fields[i].width == 0 ? 0 : 4 + 4 * i));
    }
    align();
    const std::size_t start = bytes_.size();
    append(static_cast<std::int32_t>(start - places));
    for (const Field& field : fields) append(field.value);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].child) point(start + 4 + 4 * i, fields[i].child());
    }
    return start;
  }

  std::size_t vector(std::span<const std::byte> elements, std::size_t count) {
    align();
    const std::size_t start = bytes_.size();
    append(static_cast<std::uint32_t>(count));
    bytes_.append(reinterpret_cast<const char*>(elements.data()), elements.size());
    return start;
  }

  std::size_t tables(const std::vector<Child>& children) {
    align();
    const std::size_t start = bytes_.size();
    append(static_cast<std::uint32_t>(children.size()));
    for (std::size_t i = 0; i < children.size(); ++i) append<std::uint32_t>(0);
    for (std::size_t i = 0; i < children.size(); ++i) point(start + 4 + 4 * i, children[i]());
    return start;
  }

 private:
  template <class T>
  void append(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void align() { bytes_.resize((bytes_.size() + 3) / 4 * 4, '\0'); }
  void point(std::size_t from, std::size_t to) {
    const auto distance = static_cast<std::uint32_t>(to - from);
    std::memcpy(bytes_.data() + from, &distance, sizeof distance);
  }

  std::string bytes_;
};

/// A model of one subgraph.
class TfliteWriter {
 public:
  using Field = FlatbufferWriter::Field;

  /// A value when `data` is empty. Returns its index.
  int tensor(const std::string& name, const std::vector<std::int32_t>& shape,
             const std::vector<float>& data = {}) {
    return add({name, shape, 0, raw(data)});
  }
  int integers(const std::string& name, const std::vector<std::int32_t>& shape,
               const std::vector<std::int32_t>& data) {
    return add({name, shape, 2, raw(data)});
  }

  void op(int code, std::vector<std::int32_t> inputs, std::vector<std::int32_t> outputs,
          std::vector<Field> options = {}) {
    operators_.push_back({code, std::move(inputs), std::move(outputs), std::move(options)});
  }

  std::vector<std::int32_t> inputs, outputs;

  std::string bytes() const {
    FlatbufferWriter writer;
    writer.finish([&] { return model(writer); });
    return writer.bytes();
  }

 private:
  struct Tensor {
    std::string name;
    std::vector<std::int32_t> shape;
    std::int8_t type;
    std::string data;
  };
  struct Operator {
    int code;
    std::vector<std::int32_t> inputs, outputs;
    std::vector<Field> options;
  };

  template <class T>
  static std::string raw(const std::vector<T>& values) {
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
  }

  int add(Tensor tensor) {
    tensors_.push_back(std::move(tensor));
    return static_cast<int>(tensors_.size()) - 1;
  }

  static Field text(FlatbufferWriter& w, const std::string& value) {
    return Field::part(
        [&w, &value] { return w.vector(std::as_bytes(std::span(value)), value.size()); });
  }
  static Field numbers(FlatbufferWriter& w, const std::vector<std::int32_t>& values) {
    return Field::part(
        [&w, &values] { return w.vector(std::as_bytes(std::span(values)), values.size()); });
  }
  template <class Items, class Write>
  static Field list(FlatbufferWriter& w, const Items& items, Write write) {
    return Field::part([&w, &items, write] {
      std::vector<FlatbufferWriter::Child> children;
      for (std::size_t i = 0; i < items.size(); ++i) {
        children.push_back([&items, write, i] { return write(items[i], i); });
      }
      return w.tables(children);
    });
  }

  std::size_t model(FlatbufferWriter& w) const {
    const auto code = [&w](const Operator& op, std::size_t) {
      // The older of the two fields is one byte wide.
      return w.table({Field::small(static_cast<std::int8_t>(std::min(op.code, 127))),
                      {},
                      Field::integer(1),
                      Field::integer(op.code)});
    };
    const auto buffer = [&w](const Tensor& tensor, std::size_t) {
      return tensor.data.empty() ? w.table({}) : w.table({text(w, tensor.data)});
    };
    const std::vector<int> one = {0};
    return w.table({Field::integer(3),
                    list(w, operators_, code),
                    list(w, one, [&](int, std::size_t) { return subgraph(w); }),
                    {},
                    list(w, tensors_, buffer)});
  }

  std::size_t subgraph(FlatbufferWriter& w) const {
    const auto tensor = [&w](const Tensor& t, std::size_t i) {
      return w.table({numbers(w, t.shape), Field::small(t.type),
                      Field::integer(static_cast<std::int32_t>(i)), text(w, t.name)});
    };
    const auto operation = [&w](const Operator& op, std::size_t i) {
      return w.table({Field::integer(static_cast<std::int32_t>(i)), numbers(w, op.inputs),
                      numbers(w, op.outputs), Field::small(1),
                      Field::part([&w, &op] { return w.table(op.options); })});
    };
    return w.table({list(w, tensors_, tensor), numbers(w, inputs), numbers(w, outputs),
                    list(w, operators_, operation)});
  }

  std::vector<Tensor> tensors_;
  std::vector<Operator> operators_;
};

}  // namespace facenet
