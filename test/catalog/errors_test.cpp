#include "catalog/errors.h"

#include <sqlite3.h>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/catalog/fixture.h"

namespace facenet {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string message_for(int code) {
  return error_of(
      [&] { throw_database_error("/x/c.db", SQLite::Exception("reason", code), nullptr); });
}

struct Case {
  int code;
  const char* what;
  const char* mend;
};

class ErrorsTest : public testing::TestWithParam<Case> {};

TEST_P(ErrorsTest, NamesTheFileAndTheWayOut) {
  EXPECT_THAT(message_for(GetParam().code),
              AllOf(HasSubstr("/x/c.db"), HasSubstr(GetParam().what), HasSubstr(GetParam().mend)));
}

INSTANTIATE_TEST_SUITE_P(
    All, ErrorsTest,
    testing::Values(Case{SQLITE_FULL, "is full", "free some space"},
                    Case{SQLITE_BUSY, "another program", "run again"},
                    Case{SQLITE_BUSY_SNAPSHOT, "another program", "run again"},
                    Case{SQLITE_CORRUPT, "is damaged (reason)", "restore a backup"},
                    Case{SQLITE_CORRUPT_INDEX, "is damaged", "`facenet catalog check`"},
                    Case{SQLITE_NOTADB, "is not an SQLite file", "name another"},
                    Case{SQLITE_READONLY, "is read-only", "writable"},
                    Case{SQLITE_IOERR_READ, "reason", "check the disk"},
                    Case{SQLITE_ERROR, "reason", "`facenet catalog check`"}));

TEST(ErrorsTest, BrokenConstraintsAreBugs) {
  EXPECT_THROW(throw_database_error("/x/c.db",
                                    SQLite::Exception("reason", SQLITE_CONSTRAINT_UNIQUE), nullptr),
               std::logic_error);
}

}  // namespace
}  // namespace facenet
