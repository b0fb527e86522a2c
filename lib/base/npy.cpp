#include "base/npy.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <glob.h>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/file.h"

namespace facenet {
namespace {

using Layout = NpyLayout;

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

Layout read_layout(const MappedFile& file) {
  const Header header = read_header(file);
  const std::string_view type = after(header.text, "'descr':");
  const std::string_view shape = after(header.text, "'shape':");
  Layout layout{.offset = header.data_offset};
  if (!(type.starts_with("'<f4'") || type.starts_with("'<f8'")) ||
      !after(header.text, "'fortran_order':").starts_with("False") ||
      !read_shape(shape, layout.rows, layout.columns)) {
    fail("{}: need a two-dimensional C-ordered float32 or float64 array, but the header says {}",
         file.path(), header.text);
  }
  layout.is_double = type[3] == '8';
  if (layout.columns == 0 && layout.rows > 0)
    fail("{}: its {} rows are empty: give vectors of one number or more", file.path(), layout.rows);
  const std::size_t item = layout.is_double ? sizeof(double) : sizeof(float);
  const auto columns = static_cast<std::size_t>(layout.columns);
  if (columns != 0 && static_cast<std::size_t>(layout.rows) >
                          (file.bytes().size() - layout.offset) / item / columns) {
    fail("{}: the file is cut short: {} rows of {} are promised", file.path(), layout.rows,
         layout.columns);
  }
  return layout;
}

/// The values of a file from `begin` up to `end`, counted from its first. A matrix may be half of
/// the memory: of what has been copied, no second copy is kept.
void append_values(const MappedFile& file, const Layout& layout, std::size_t begin, std::size_t end,
                   std::vector<float>& values) {
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  const std::size_t item = layout.is_double ? sizeof(double) : sizeof(float);
  std::size_t place = values.size();
  values.resize(place + end - begin);
  while (begin < end) {
    const std::size_t stop = std::min(end, (begin / kPiece + 1) * kPiece);
    const std::byte* data = file.bytes().data() + layout.offset + begin * item;
    if (layout.is_double) {
      for (std::size_t i = place; i < place + stop - begin; ++i, data += item) {
        double value = 0;  // which may lie anywhere
        std::memcpy(&value, data, item);
        values[i] = static_cast<float>(value);
      }
    } else {
      std::memcpy(values.data() + place, data, (stop - begin) * item);
    }
    place += stop - begin;
    begin = stop;
    if (begin % kPiece == 0) file.forget(layout.offset + begin * item);
  }
}

/// The files of a pattern, sorted; what has no *, ? or [ is a name.
std::vector<std::string> files_of(const std::string& pattern) {
  std::error_code ignored;
  if (pattern.find_first_of("*?[") == std::string::npos ||
      std::filesystem::exists(pattern, ignored)) {
    return {pattern};
  }
  glob_t found = {};
  std::vector<std::string> paths;
  if (glob(pattern.c_str(), GLOB_ERR, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  globfree(&found);
  if (paths.empty()) fail("{}: no file has such a name", pattern);
  return paths;
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
  const Layout layout = read_layout(file);
  NpyMatrix matrix{.rows = layout.rows, .columns = layout.columns, .values = {}};
  append_values(file, layout, 0, static_cast<std::size_t>(layout.rows * layout.columns),
                matrix.values);
  return matrix;
}

NpyFiles::NpyFiles(const std::string& pattern) {
  for (const std::string& path : files_of(pattern)) {
    MappedFile file(path);
    const Layout layout = read_layout(file);
    if (!parts_.empty() && layout.columns != columns_) {
      fail("{}: its rows have {} numbers, and those of {} have {}: give vectors of one length",
           path, layout.columns, parts_.front().file.path(), columns_);
    }
    columns_ = layout.columns;
    parts_.push_back({std::move(file), layout});
    begins_.push_back(begins_.back() + layout.rows);
  }
}

void NpyFiles::read(std::int64_t begin, std::int64_t end, std::vector<float>& values) const {
  auto part =
      static_cast<std::size_t>(std::ranges::upper_bound(begins_, begin) - begins_.begin()) - 1;
  while (begin < end) {
    const std::int64_t stop = std::min(end, begins_[part + 1]);
    append_values(parts_[part].file, parts_[part].layout,
                  static_cast<std::size_t>((begin - begins_[part]) * columns_),
                  static_cast<std::size_t>((stop - begins_[part]) * columns_), values);
    begin = stop;
    ++part;
  }
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
