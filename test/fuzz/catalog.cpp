// Catalogs in which some bytes, or some values of rows, are others: who reads or writes them says
// so in one line, and `catalog check` knows of all that is refused.
#include "catalog/catalog.h"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "base/format.h"
#include "test/catalog/fixture.h"
#include "test/fuzz/fuzz.h"
#include "test/library/full_catalog.h"

using namespace facenet;

namespace {

/// Where nothing reaches a disk, if there is such a place.
class Workshop {
 public:
  Workshop() {
    if (std::filesystem::exists("/dev/shm")) ::setenv("TMPDIR", "/dev/shm", 0);
    folder_ = std::make_unique<TemporaryFolder>();
    make_full_catalog(path());
    RawDatabase(path()).execute("PRAGMA wal_checkpoint(TRUNCATE)");
    sound_ = file_bytes(path());
    columns_ = columns_of(path());
  }
  std::string path() const { return folder_->path("catalog.db"); }
  const std::string& sound() const { return sound_; }
  const std::vector<std::pair<std::string, std::string>>& columns() const { return columns_; }
  void put(const std::string& bytes) const {
    for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(path() + suffix);
    write_file(path(), bytes);
  }

 private:
  std::unique_ptr<TemporaryFolder> folder_;
  std::string sound_;
  std::vector<std::pair<std::string, std::string>> columns_;
};

std::string hexadecimal(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

/// A value of any type.
std::string literal(fuzz::Choices& choices) {
  switch (choices.below(7)) {
    case 0:
      return "NULL";
    case 1:
      return fmt::format("{}", choices.below(16));
    case 2:
      return fmt::format("({} + 0)", choices.integer());
    case 3:
      return fmt::format("zeroblob({})", 4 * choices.byte());
    case 4:
      return fmt::format("x'{}'", hexadecimal(choices.text()));
    case 5:
      return fmt::format("CAST(x'{}' AS TEXT)", hexadecimal(choices.text()));
    default:
      return std::isfinite(choices.number()) ? "0.5" : "9e999";
  }
}

/// A part of a value that stays as long as it is.
std::string patch(const std::string& column, fuzz::Choices& choices) {
  const std::size_t at = choices.below(64);
  const std::string bytes = choices.text();
  return fmt::format("CAST(substr({0}, 1, {1}) || x'{2}' || substr({0}, {3}) AS BLOB)", column, at,
                     hexadecimal(bytes), at + bytes.size() + 1);
}

void change_rows(const Workshop& shop, fuzz::Choices& choices) {
  std::string sql;
  for (int i = 0; i < 6 && !choices.at_end(); ++i) {
    const auto& [table, column] = shop.columns()[choices.below(shop.columns().size())];
    const std::size_t row = choices.below(16);
    const bool is_patch = choices.below(4) == 0;
    const std::string value = is_patch ? patch(column, choices) : literal(choices);
    sql += fmt::format(
        "UPDATE OR IGNORE {0} SET {1} = {2} WHERE {1} IS (SELECT {1} FROM {0} LIMIT 1 OFFSET {3});",
        table, column, value, row);
  }
  if (!sql.empty()) damage_rows(shop.path(), sql);
}

void change_bytes(const Workshop& shop, fuzz::Choices& choices) {
  std::string bytes = shop.sound();
  for (int i = 0; i < 8 && !choices.at_end(); ++i) {
    const std::size_t page = choices.below(bytes.size() / 16384);
    const std::size_t place = choices.byte() * std::size_t{64} + choices.below(64);
    bytes[page * 16384 + place] = static_cast<char>(choices.byte());
  }
  shop.put(bytes);
}

bool is_refused(const std::function<void()>& work) {
  const Outcome outcome = outcome_of(work);
  if (!outcome.bug.empty()) std::fprintf(stderr, "%s\n", outcome.bug.c_str());
  FUZZ_EXPECT(outcome.bug.empty());
  return outcome.refused;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Workshop shop;
  fuzz::Choices choices({data, size});
  const std::size_t which = choices.below(catalog_writers().size());  // one, as they take long
  shop.put(shop.sound());
  try {
    choices.below(4) == 0 ? change_bytes(shop, choices) : change_rows(shop, choices);
  } catch (const std::runtime_error&) {
    return 0;  // SQLite itself does not take it
  }
  std::size_t findings = 0;
  const bool checked = !is_refused([&] { findings = findings_of(shop.path()); });
  const bool is_sound = checked && findings == 0;
  const bool read = is_refused([&] {
    const Catalog catalog(shop.path(), Catalog::Mode::kRead);
    for (const auto& reader : catalog_readers())
      FUZZ_EXPECT(!(is_refused([&] { reader(catalog); }) && is_sound));
  });
  FUZZ_EXPECT(!(read && is_sound));
  const auto& writer = catalog_writers()[which];
  const bool written = is_refused([&] {
    Catalog catalog(shop.path(), Catalog::Mode::kWrite);
    const Catalog::Transaction undone(catalog);
    FUZZ_EXPECT(!(is_refused([&] { writer(catalog); }) && is_sound));
  });
  FUZZ_EXPECT(!(written && is_sound));
  return 0;
}
