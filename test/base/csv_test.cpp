#include "base/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(CsvReader, ReadsQuotedFieldsAndAnyLineEnd) {
  CsvReader reader("a,b\r\n\n\"x, \"\"y\"\"\nz\",\"\"\nlast", "list.csv");
  EXPECT_THAT(*reader.next(), ElementsAre("a", "b"));
  EXPECT_THAT(*reader.next(), ElementsAre("x, \"y\"\nz", ""));
  EXPECT_EQ(reader.line(), 3);
  EXPECT_THAT(*reader.next(), ElementsAre("last"));
  EXPECT_EQ(reader.line(), 5);
  EXPECT_FALSE(reader.next());
}

TEST(CsvReader, SaysWhereAQuoteIsWrong) {
  CsvReader open("a,b\nc,\"d", "list.csv");
  open.next();
  EXPECT_THAT([&] { open.next(); }, ThrowsMessage<Error>(HasSubstr("list.csv: line 2: a quote")));
  CsvReader trailing("\"a\"b", "list.csv");
  EXPECT_THAT([&] { trailing.next(); }, ThrowsMessage<Error>(HasSubstr("after a closing quote")));
}

}  // namespace
}  // namespace facenet
