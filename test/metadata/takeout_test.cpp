#include "metadata/takeout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/format.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string error_of_takeout(const std::string& json) {
  try {
    read_takeout(json);
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(Takeout, TheTitleAndThePeople) {
  const TakeoutPeople people = read_takeout(R"({
    "title": "IMG 1.jpg", "imageViews": "12",
    "photoTakenTime": {"timestamp": "1262304000", "formatted": "01.01.2010, 00:00:00 UTC"},
    "people": [{"name": "Ada L\u00f6w"}, {"name": " Bob\n"}, {"name": ""}, {}, {"name": "Bob"}]})");
  EXPECT_EQ(people.title, "IMG 1.jpg");
  EXPECT_THAT(people.names, ElementsAre("Ada L\xc3\xb6w", "Bob")) << "each once, one line each";
  EXPECT_THAT(read_takeout(R"({"title": "a.jpg"})").names, IsEmpty());
  EXPECT_THAT(read_takeout("{}").names, IsEmpty());
}

TEST(Takeout, WhatIsNoSuchFileIsRefused) {
  EXPECT_THAT(error_of_takeout(""), HasSubstr("not valid JSON"));
  EXPECT_THAT(error_of_takeout("{\"people\": ["), HasSubstr("not valid JSON"));
  EXPECT_THAT(error_of_takeout("{\"title\": \"\xff\"}"), HasSubstr("not valid JSON"));
  EXPECT_THAT(error_of_takeout("[1]"), HasSubstr("no JSON object"));
  EXPECT_THAT(error_of_takeout(R"({"title": 7})"), HasSubstr("title is no text"));
  EXPECT_THAT(error_of_takeout(R"({"people": {"name": "Ann"}})"), HasSubstr("no list"));
  EXPECT_THAT(error_of_takeout(R"({"people": [{"name": ["Ann"]}]})"), HasSubstr("no text"));
  EXPECT_EQ(error_of_takeout(R"({"people": [7, "Ann", null, []]})"), "none") << "nobody, then";
}

TEST(Takeout, WhatIsHugeIsRefused) {
  const std::string deep(100'000, '[');
  EXPECT_THAT(error_of_takeout(deep), HasSubstr("levels"));
  EXPECT_THAT(error_of_takeout("{\"a\": " + deep), HasSubstr("levels"));
  EXPECT_THAT(error_of_takeout(fmt::format(R"({{"title": "{}"}})", std::string(5000, 'x'))),
              HasSubstr("5000 bytes"));
  std::string many = R"({"people": [)";
  for (int i = 0; i < 1001; ++i)
    many += fmt::format(R"({}{{"name": "N{}"}})", i == 0 ? "" : ",", i);
  EXPECT_THAT(error_of_takeout(many + "]}"), HasSubstr("1,001 people"));
}

TEST(Takeout, BehindWallsItSaysTheSame) {
  const std::vector<ForeignText> texts = {
      {.file = "a.json",
       .text = R"({"title": "a.jpg", "people": [{"name": "Ann"}, {"name": "Bob"}]})"},
      {.file = "b.json", .text = "no JSON"},
      {.file = "c.json", .text = "{}"}};
  const auto readings = read_takeout_behind_walls(texts);
  ASSERT_EQ(readings.size(), 3U);
  EXPECT_EQ(readings[0].people, (TakeoutPeople{.title = "a.jpg", .names = {"Ann", "Bob"}}));
  EXPECT_EQ(readings[1].error, "is not valid JSON");
  EXPECT_EQ(readings[2].people, TakeoutPeople{});
  EXPECT_EQ(readings[2].error, "");
}

}  // namespace
}  // namespace facenet
