#pragma once

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "catalog/catalog.h"
#include "test/support/temporary_folder.h"

struct sqlite3;

namespace facenet {

/// The file through SQLite alone, past everything that the catalog watches over.
class RawDatabase {
 public:
  explicit RawDatabase(const std::string& path);
  ~RawDatabase();
  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;
  void execute(const std::string& sql);
  /// The first column of the first row.
  std::string value(const std::string& sql);

 private:
  sqlite3* connection_ = nullptr;
};

/// The message of the Error that `work` throws, on one line or the test fails; "" when none.
std::string error_of(const std::function<void()>& work);

/// What `work` returns or the message of what it throws, run in a process of its own.
std::string in_child(const std::function<std::string()>& work);
/// The same without root's privileges, which no permission bits stop.
std::string as_plain_user(const std::function<std::string()>& work);

std::string file_bytes(const std::string& path);
void write_file(const std::string& path, const std::string& bytes);

/// An empty catalog as the program of that version made it.
void make_version(const std::string& path, std::size_t version);
/// Of the catalogs that this program makes.
std::size_t newest_version();

/// A photo that differs from those of other numbers.
PhotoRecord make_photo(int number);
FaceRecord make_face(float x, float y);

class CatalogTest : public testing::Test {
 protected:
  std::string file() const { return folder_.path() + "/catalog.db"; }
  Catalog create() const { return Catalog(file(), Catalog::Mode::kCreate); }

  TemporaryFolder folder_;
};

}  // namespace facenet
