#include "base/npy.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <string_view>

#include "base/error.h"
#include "base/file.h"

namespace facenet {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are stored little-endian");

constexpr std::string_view kMagic = "\x93NUMPY";

struct Header {
  std::string text;  ///< the Python dictionary
  std::size_t data_offset = 0;
};

Header read_header(const MappedFile& file) {
  const auto bytes = file.bytes();
  const auto* chars = reinterpret_cast<const char*>(bytes.data());
  if (bytes.size() < 12 || std::string_view(chars, kMagic.size()) != kMagic) {
    fail("{}: not a .npy file", file.path());
  }
  const bool long_form = chars[6] >= 2;  // version 1 has a 16-bit length, later ones 32 bits
  std::uint32_t length = 0;
  std::memcpy(&length, chars + 8, long_form ? 4 : 2);
  const std::size_t start = long_form ? 12 : 10;
  if (length > bytes.size() - start) fail("{}: the file is cut short in its header", file.path());
  return {std::string(chars + start, length), start + length};
}

/// What follows `key` in the dictionary, without leading blanks; empty when it is not there.
std::string_view after(std::string_view dictionary, std::string_view key) {
  const std::size_t found = dictionary.find(key);
  if (found == std::string_view::npos) return {};
  dictionary.remove_prefix(found + key.size());
  dictionary.remove_prefix(std::min(dictionary.find_first_not_of(' '), dictionary.size()));
  return dictionary;
}

/// Reads "(rows, columns)". False for any other number of axes.
bool read_shape(std::string_view text, std::int64_t& rows, std::int64_t& columns) {
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  const auto expect = [&](char wanted) {
    while (at != end && *at == ' ') ++at;
    if (at == end || *at != wanted) return false;
    ++at;
    return true;
  };
  const auto number = [&](std::int64_t& value) {
    while (at != end && *at == ' ') ++at;
    const auto [next, error] = std::from_chars(at, end, value);
    at = next;
    return error == std::errc{} && value >= 0;
  };
  return expect('(') && number(rows) && expect(',') && number(columns) && expect(')');
}

/// The values from `offset` on. A matrix may be half of the memory: what has been copied is not
/// kept a second time.
template <class T>
std::vector<float> copy_values(const MappedFile& file, std::size_t offset, std::size_t count) {
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  std::vector<float> values(count);
  std::vector<T> piece(std::min(kPiece, count));
  for (std::size_t begin = 0; begin < count; begin += kPiece) {
    const std::size_t size = std::min(kPiece, count - begin);
    const std::size_t start = offset + begin * sizeof(T);
    std::memcpy(piece.data(), file.bytes().data() + start, size * sizeof(T));
    std::transform(piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(size),
                   values.begin() + static_cast<std::ptrdiff_t>(begin),
                   [](T value) { return static_cast<float>(value); });
    file.forget(start + size * sizeof(T));
  }
  return values;
}

template <class T>
void write_matrix(std::ostream& out, std::string_view type, std::span<const T> values,
                  std::int64_t columns) {
  const std::int64_t rows = columns == 0 ? 0 : std::ssize(values) / columns;
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}, {}), }}",
                                   type, rows, columns);
  // The format wants the data aligned to 64 bytes and the header to end in a line break.
  header.resize((header.size() + 10 + 64) / 64 * 64 - 10 - 1, ' ');
  header.push_back('\n');
  const auto length = static_cast<std::uint16_t>(header.size());
  out << kMagic;
  out.write("\x01\x00", 2);
  out.write(reinterpret_cast<const char*>(&length), sizeof length);
  out << header;
  out.write(reinterpret_cast<const char*>(values.data()),
            static_cast<std::streamsize>(values.size_bytes()));
}

}  // namespace

NpyMatrix read_npy(const std::string& path) {
  const MappedFile file(path);
  const Header header = read_header(file);

  const std::string_view type = after(header.text, "'descr':");
  const std::string_view shape = after(header.text, "'shape':");
  NpyMatrix matrix;
  if (!(type.starts_with("'<f4'") || type.starts_with("'<f8'")) ||
      !after(header.text, "'fortran_order':").starts_with("False") ||
      !read_shape(shape, matrix.rows, matrix.columns)) {
    fail("{}: need a two-dimensional C-ordered float32 or float64 array, but the header says {}",
         path, header.text);
  }
  const auto data = file.bytes().subspan(header.data_offset);
  if (matrix.columns == 0 && matrix.rows > 0)
    fail("{}: its {} rows are empty: give vectors of one number or more", path, matrix.rows);
  const std::size_t item = type[3] == '4' ? sizeof(float) : sizeof(double);
  const auto columns = static_cast<std::size_t>(matrix.columns);
  const auto rows = static_cast<std::size_t>(matrix.rows);
  if (columns != 0 && rows > data.size() / item / columns) {
    fail("{}: the file is cut short: {} rows of {} are promised", path, rows, columns);
  }
  matrix.values = item == sizeof(float)
                      ? copy_values<float>(file, header.data_offset, rows * columns)
                      : copy_values<double>(file, header.data_offset, rows * columns);
  return matrix;
}

void write_npy(const std::string& path, std::span<const float> values, std::int64_t columns,
               bool overwrite) {
  write_file_atomically(path, overwrite,
                        [&](std::ostream& out) { write_npy(out, values, columns); });
}

void write_npy(const std::string& path, std::span<const double> values, std::int64_t columns,
               bool overwrite) {
  write_file_atomically(path, overwrite,
                        [&](std::ostream& out) { write_matrix(out, "<f8", values, columns); });
}

void write_npy(std::ostream& out, std::span<const float> values, std::int64_t columns) {
  write_matrix(out, "<f4", values, columns);
}

}  // namespace facenet
