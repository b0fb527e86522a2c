#include "catalog/upkeep/salvage.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>

#include "base/interrupt.h"

namespace facenet {
namespace {

using Type = StoredValue::Type;

/// Kinds of pages: the first byte.
enum PageKind : std::uint8_t {
  kInnerIndex = 2,
  kInnerTable = 5,
  kLeafIndex = 10,
  kLeafTable = 13,
};

/// The form of a table's rows, a letter a column: n the number of the row, i an integer, I that or
/// NULL, r a number, t a text, b a blob, h a hash. Columns after `least` came with later versions.
struct TableForm {
  const char* table;
  const char* columns;
  std::string_view letters;
  std::size_t least;
  bool has_rowid;  ///< tables without one lie in the order of their key, in pages of indices
  bool guessable;  ///< no other table or index has rows of this form
};
constexpr TableForm kForms[] = {
    {"fact", "id, kind, person, other, photo, undoes, value, created, undone, step", "ntIIIIttiI",
     9, true, true},
    {"fact", "id, kind, person, value, created", "ntitt", 5, true, true},  // version 1
    {"fact_face", "fact, face, role", "iii", 2, false, true},
    {"fact_move", "fact, face, source, target", "iiii", 4, false, true},
    {"person", "id", "n", 1, true, false},
    {"photo", "id, sha256, format, width, height, taken, perceptual_hash, duration_ms", "nhtiiIII",
     5, true, true},
    {"face", "id, photo, x, y, width, height, score, landmarks, revision, lost, time_ms, marked",
     "nirrrrrbiiIi", 8, true, true},
    {"path", "path, size, mtime_ns, photo, error, missing, skipped", "biiItit", 6, false, true},
    {"model", "id, name, weights_sha256, flip, dimension, by_length, by_sharpness, by_offset",
     "nttiirrr", 5, true, true},
    {"compatible_model",
     "model, other, across_verification, across_clustering, across_midpoint, across_steepness, "
     "other_verification, other_clustering, other_midpoint, other_steepness, across_strangers, "
     "across_even, across_crowd, across_fewer, across_more, across_slope, across_ceiling, "
     "other_strangers, other_even, other_crowd, other_fewer, other_more, other_slope, "
     "other_ceiling",
     "nirrrrrrrrrrrrrrrrrrrrrr", 10, true, true},
    {"embedding", "model, face, vector", "iib", 3, false, true},
    {"vector_evidence", "model, face, length, sharpness", "iirr", 4, false, false},
    {"membership", "face, person", "ni", 2, true, false},
    {"departure", "face, person", "ni", 2, true, false},
    {"seen_together", "face, other", "ii", 2, false, false},
    {"outdated_photo", "photo", "n", 1, true, false},
    {"property", "key, value", "tt", 2, false, true},
    {"forgetting", "id, salt, due", "nhi", 3, true, true},
    {"forgotten_photo", "photo", "h", 1, false, false},
    {"forgotten_file", "file, photo", "hh", 2, false, false},
    {"forgotten_face", "photo, x, y, width, height, time_ms", "hrrrrI", 5, false, true},
    {"sqlite_sequence", "name, seq", "ti", 2, true, true},
};

bool fits_letter(const StoredValue& value, char letter) {
  switch (letter) {
    case 'n':
    case 'I':
      return value.type == Type::kInteger || value.type == Type::kNull;
    case 'i':
      return value.type == Type::kInteger;
    case 'r':
      return value.type == Type::kInteger || value.type == Type::kReal;
    case 't':
      return value.type == Type::kText;
    case 'b':
      return value.type == Type::kBlob;
    default:
      return value.type == Type::kBlob && value.bytes.size() == 32;
  }
}

bool fits_form(const TableForm& form, bool has_rowid, const std::vector<StoredValue>& values) {
  if (form.has_rowid != has_rowid || values.size() < form.least ||
      values.size() > form.letters.size())
    return false;
  return std::ranges::equal(values, form.letters.substr(0, values.size()), fits_letter);
}

/// Of a row whose tree is not known.
bool looks_like(const TableForm& form, bool has_rowid, const std::vector<StoredValue>& values) {
  if (!form.guessable || !fits_form(form, has_rowid, values)) return false;
  // An index of fact_move has three numbers, too, and a row of an early version two, as others
  // have.
  if (form.letters == "iii") return values.size() == 3 && values[2].integer <= 2;
  return true;
}

// ---- the bytes of a page

/// Bytes read one after another; none beyond the end.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  std::size_t left() const { return bytes_.size(); }
  std::span<const std::byte> take(std::size_t size) {
    if (size > bytes_.size()) {
      ok_ = false;
      return {};
    }
    const auto taken = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return taken;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int i = 0; i < 9; ++i) {
      const auto byte = take(1);
      if (byte.empty()) return 0;
      const auto bits = std::to_integer<std::uint64_t>(byte[0]);
      if (i == 8) return value << 8 | bits;
      value = value << 7 | (bits & 0x7f);
      if ((bits & 0x80) == 0) return value;
    }
    return value;
  }
  /// Big-endian, with a sign.
  std::int64_t integer(std::size_t size) {
    std::uint64_t value = 0;
    const auto bytes = take(size);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const auto byte = std::to_integer<std::uint64_t>(bytes[i]);
      value = i == 0 && byte >= 0x80 ? ~std::uint64_t{0xff} | byte : value << 8 | byte;
    }
    return static_cast<std::int64_t>(value);
  }

 private:
  std::span<const std::byte> bytes_;
  bool ok_ = true;
};

StoredValue read_value(std::uint64_t serial, ByteReader& body) {
  constexpr std::size_t kSizes[] = {0, 1, 2, 3, 4, 6, 8};
  StoredValue value;
  if (serial == 0) return value;
  if (serial <= 6) {
    value.type = Type::kInteger;
    value.integer = body.integer(kSizes[serial]);
  } else if (serial == 7) {
    value.type = Type::kReal;
    value.real = std::bit_cast<double>(body.integer(8));
  } else if (serial <= 9) {
    value.type = Type::kInteger;
    value.integer = static_cast<std::int64_t>(serial - 8);
  } else {
    value.type = serial % 2 == 0 ? Type::kBlob : Type::kText;
    const auto bytes = body.take(static_cast<std::size_t>((serial - 12) / 2));
    value.bytes.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  return value;
}

/// Nothing when the bytes are no record.
std::optional<std::vector<StoredValue>> read_record(std::span<const std::byte> payload) {
  constexpr std::size_t kMostColumns = 64;
  ByteReader header(payload);
  const std::uint64_t header_size = header.varint();
  if (!header.ok() || header_size < 2 || header_size > payload.size()) return {};
  ByteReader body(payload.subspan(static_cast<std::size_t>(header_size)));
  const std::size_t rest = payload.size() - static_cast<std::size_t>(header_size);
  std::vector<StoredValue> values;
  while (header.ok() && header.left() > rest) {
    const std::uint64_t serial = header.varint();
    if (serial == 10 || serial == 11 || values.size() == kMostColumns) return {};
    values.push_back(read_value(serial, body));
    if (!body.ok()) return {};
  }
  if (!header.ok() || header.left() != rest) return {};
  return values;
}

class Salvager {
 public:
  Salvager(const PageFile& file, const std::function<void(SalvagedRow&&)>& take)
      : file_(file), take_(take), usable_(file.page_size() - file.reserved()) {}

  std::int64_t run();

 private:
  /// What a page belongs to: a table, or nothing of interest.
  struct Owner {
    std::string_view table;
    bool has_rowid = false;
  };

  void find_owners();
  void walk(std::uint32_t root, const Owner& owner);
  void read_page(std::uint32_t number);
  std::vector<std::span<const std::byte>> cells_of(std::span<const std::byte> page,
                                                   std::uint32_t number) const;
  std::vector<std::byte> payload_of(ByteReader& cell, std::uint64_t size, bool table) const;
  void read_cell(std::span<const std::byte> cell, PageKind kind, const Owner* owner);
  void give(const TableForm& form, std::vector<StoredValue>&& values, std::int64_t rowid);

  const PageFile& file_;
  const std::function<void(SalvagedRow&&)>& take_;
  std::size_t usable_;
  std::unordered_map<std::uint32_t, Owner> owners_;
  std::int64_t damaged_ = 0;
};

std::size_t header_at(std::uint32_t number) {
  return number == 1 ? 100 : 0;
}

bool is_kind(std::uint8_t byte) {
  return byte == kInnerIndex || byte == kInnerTable || byte == kLeafIndex || byte == kLeafTable;
}

std::vector<std::span<const std::byte>> Salvager::cells_of(std::span<const std::byte> page,
                                                           std::uint32_t number) const {
  std::vector<std::span<const std::byte>> cells;
  const std::size_t header = header_at(number);
  const auto kind = std::to_integer<std::uint8_t>(page[header]);
  const std::size_t pointers = header + (kind == kInnerIndex || kind == kInnerTable ? 12 : 8);
  const std::size_t count = read_u16(page.data() + header + 3);
  for (std::size_t i = 0; i < count && pointers + 2 * i + 2 <= usable_; ++i)
    if (const std::size_t at = read_u16(page.data() + pointers + 2 * i);
        at >= pointers && at < usable_)
      cells.push_back(page.subspan(at, usable_ - at));
  return cells;
}

/// Only the beginning of what is long stands in the page itself; the rest in a chain of others.
std::vector<std::byte> Salvager::payload_of(ByteReader& cell, std::uint64_t size,
                                            bool table) const {
  constexpr std::uint64_t kMost = 1 << 20;  // more than any row that is looked at
  if (size > kMost) return {};
  const std::size_t most = table ? usable_ - 35 : (usable_ - 12) * 64 / 255 - 23;
  const std::size_t least = (usable_ - 12) * 32 / 255 - 23;
  const auto whole = static_cast<std::size_t>(size);
  std::size_t local = whole;
  if (whole > most) {
    local = least + (whole - least) % (usable_ - 4);
    if (local > most) local = least;
  }
  const auto first = cell.take(local);
  std::vector<std::byte> payload(first.begin(), first.end());
  if (whole == local || !cell.ok()) return cell.ok() ? payload : std::vector<std::byte>{};
  const auto next = cell.take(4);
  std::uint32_t number = next.empty() ? 0 : read_u32(next.data());
  while (payload.size() < whole) {
    const std::vector<std::byte> page = file_.page(number);
    if (page.empty()) return {};
    number = read_u32(page.data());
    const std::size_t part = std::min(whole - payload.size(), usable_ - 4);
    payload.insert(payload.end(), page.begin() + 4,
                   page.begin() + 4 + static_cast<std::ptrdiff_t>(part));
  }
  return payload;
}

void Salvager::give(const TableForm& form, std::vector<StoredValue>&& values, std::int64_t rowid) {
  if (form.letters[0] == 'n') values[0] = {.type = Type::kInteger, .integer = rowid};
  // As many columns as there are values.
  std::string_view columns = form.columns;
  std::size_t end = 0;
  for (std::size_t i = 0; i < values.size() && end != columns.npos; ++i)
    end = columns.find(',', end == 0 ? 0 : end + 1);
  take_({form.table, std::string(columns.substr(0, end)), std::move(values)});
}

void Salvager::read_cell(std::span<const std::byte> bytes, PageKind kind, const Owner* owner) {
  if (owner != nullptr && owner->table.empty()) return;  // of an index, or of no interest
  ByteReader cell(bytes);
  if (kind == kInnerIndex) cell.take(4);
  const std::uint64_t size = cell.varint();
  const bool has_rowid = kind == kLeafTable;
  const auto rowid = has_rowid ? static_cast<std::int64_t>(cell.varint()) : 0;
  auto values = read_record(payload_of(cell, size, has_rowid));
  if (!values) return;
  for (const TableForm& form : kForms)
    if (owner != nullptr && owner->table == form.table && fits_form(form, has_rowid, *values))
      return give(form, std::move(*values), rowid);
  for (const TableForm& form : kForms)
    if (looks_like(form, has_rowid, *values)) return give(form, std::move(*values), rowid);
}

void Salvager::read_page(std::uint32_t number) {
  const std::vector<std::byte> page = file_.page(number);
  const auto known = owners_.find(number);
  const Owner* owner = known == owners_.end() ? nullptr : &known->second;
  const auto kind =
      page.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(page[header_at(number)]);
  if (!is_kind(kind)) {
    damaged_ += owner != nullptr;
    return;
  }
  // A broken tree may claim the page of another.
  if (owner != nullptr && owner->has_rowid != (kind == kLeafTable || kind == kInnerTable))
    owner = nullptr;
  if (kind == kInnerTable) return;  // numbers only
  for (const auto& cell : cells_of(page, number))
    read_cell(cell, static_cast<PageKind>(kind), owner);
}

/// Notes all pages below the root, as far as the way to them can be read.
void Salvager::walk(std::uint32_t root, const Owner& owner) {
  std::vector<std::uint32_t> next = {root};
  while (!next.empty()) {
    const std::uint32_t number = next.back();
    next.pop_back();
    if (number == 0 || number > file_.count() || !owners_.emplace(number, owner).second) continue;
    const std::vector<std::byte> page = file_.page(number);
    if (page.empty()) continue;
    const std::size_t header = header_at(number);
    const auto kind = std::to_integer<std::uint8_t>(page[header]);
    if (kind != kInnerTable && kind != kInnerIndex) continue;
    next.push_back(read_u32(page.data() + header + 8));
    for (const auto& cell : cells_of(page, number))
      if (cell.size() >= 4) next.push_back(read_u32(cell.data()));
  }
}

/// By the list of tables and indices that begins in page 1.
void Salvager::find_owners() {
  struct Tree {
    std::string kind, name;
    std::uint32_t root = 0;
  };
  std::vector<Tree> trees;
  std::vector<std::uint32_t> pages;
  walk(1, {.table = {}, .has_rowid = true});
  for (const auto& [number, owner] : owners_) pages.push_back(number);
  for (const std::uint32_t number : pages) {
    const std::vector<std::byte> page = file_.page(number);
    if (page.empty() || std::to_integer<std::uint8_t>(page[header_at(number)]) != kLeafTable)
      continue;
    for (const auto& bytes : cells_of(page, number)) {
      ByteReader cell(bytes);
      const std::uint64_t size = cell.varint();
      cell.varint();
      const auto values = read_record(payload_of(cell, size, true));
      if (!values || values->size() != 5 || (*values)[3].type != Type::kInteger) continue;
      trees.push_back({(*values)[0].bytes, (*values)[1].bytes,
                       static_cast<std::uint32_t>((*values)[3].integer)});
    }
  }
  for (const Tree& tree : trees) {
    Owner owner{.table = {}, .has_rowid = tree.kind == "table"};
    for (const TableForm& form : kForms)
      if (tree.kind == "table" && tree.name == form.table)
        owner = {.table = form.table, .has_rowid = form.has_rowid};
    walk(tree.root, owner);
  }
}

std::int64_t Salvager::run() {
  find_owners();
  for (std::uint32_t number = 1; number <= file_.count(); ++number) {
    stop_if_interrupted();
    read_page(number);
  }
  return damaged_;
}

}  // namespace

std::int64_t salvage_rows(const PageFile& file, const std::function<void(SalvagedRow&&)>& take) {
  return Salvager(file, take).run();
}

}  // namespace facenet
