#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
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
    std::size_t width = 0;  ///< 0: left out; 1, 4 or, with the place of the next one, 8 bytes
    std::int32_t value = 0;
    Child child;  ///< of a field that points to a part

    static Field small(std::int8_t value) { return {1, value, {}}; }
    static Field integer(std::int32_t value) { return {4, value, {}}; }
    static Field number(float value) {
      std::int32_t bits = 0;
      std::memcpy(&bits, &value, sizeof bits);
      return {4, bits, {}};
    }
    static Field large(std::int32_t value) { return {8, value, {}}; }
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
    align(8);  // so that every second field can be large
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

  /// With the zero that strings end with.
  std::size_t text(const std::string& characters) {
    const std::size_t start = vector(std::as_bytes(std::span(characters)), characters.size());
    bytes_.push_back('\0');
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
  void align(std::size_t size = 4) { bytes_.resize((bytes_.size() + size - 1) / size * size); }
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
    return add({name, shape, 0, raw(data), 0});
  }
  int integers(const std::string& name, const std::vector<std::int32_t>& shape,
               const std::vector<std::int32_t>& data) {
    return add({name, shape, 2, raw(data), 0});
  }
  /// A constant whose numbers stand behind the flatbuffer.
  int outside(const std::string& name, const std::vector<std::int32_t>& shape,
              std::int32_t offset) {
    return add({name, shape, 0, "", offset});
  }

  void op(int code, std::vector<std::int32_t> inputs, std::vector<std::int32_t> outputs,
          std::vector<Field> options = {}) {
    op_with(kind_of_options(code), code, std::move(inputs), std::move(outputs), std::move(options));
  }
  /// `kind` is the number of a kind of options in the TensorFlow Lite schema, 0 for none.
  void op_with(std::int8_t kind, int code, std::vector<std::int32_t> inputs,
               std::vector<std::int32_t> outputs, std::vector<Field> options) {
    operators_.push_back({code, std::move(inputs), std::move(outputs), kind, std::move(options)});
  }

  std::vector<std::int32_t> inputs, outputs;
  bool one_for_all = false;  ///< the operators are all one table, the first one's

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
    std::int32_t offset;
  };
  struct Operator {
    int code;
    std::vector<std::int32_t> inputs, outputs;
    std::int8_t kind;
    std::vector<Field> options;
  };

  static std::int8_t kind_of_options(int code) {
    static const std::map<int, std::int8_t> kinds = {
        {0, 11}, {1, 5},   {2, 10},  {3, 1},   {4, 2},   {9, 8},   {17, 5},  {18, 21}, {22, 17},
        {25, 9}, {34, 22}, {39, 26}, {40, 27}, {41, 28}, {42, 29}, {43, 30}, {98, 75}, {101, 78}};
    const auto found = kinds.find(code);
    return found == kinds.end() ? std::int8_t{0} : found->second;
  }

  template <class T>
  static std::string raw(const std::vector<T>& values) {
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
  }

  int add(Tensor tensor) {
    tensors_.push_back(std::move(tensor));
    return static_cast<int>(tensors_.size()) - 1;
  }

  static Field text(FlatbufferWriter& w, const std::string& value) {
    return Field::part([&w, &value] { return w.text(value); });
  }
  static Field raw_bytes(FlatbufferWriter& w, const std::string& value) {
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
      if (tensor.offset != 0) return w.table({{}, Field::large(tensor.offset), {}});
      return tensor.data.empty() ? w.table({}) : w.table({raw_bytes(w, tensor.data)});
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
    std::size_t first = 0;
    const auto operation = [this, &w, &first](const Operator& op, std::size_t i) {
      if (one_for_all && i > 0) return first;
      const Field options = Field::part([&w, &op] { return w.table(op.options); });
      first = w.table({Field::integer(static_cast<std::int32_t>(i)), numbers(w, op.inputs),
                       numbers(w, op.outputs), Field::small(op.kind),
                       op.kind == 0 ? Field() : options});
      return first;
    };
    return w.table({list(w, tensors_, tensor), numbers(w, inputs), numbers(w, outputs),
                    list(w, operators_, operation)});
  }

  std::vector<Tensor> tensors_;
  std::vector<Operator> operators_;
};

}  // namespace facenet
