#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <signal.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "test/cli/program.h"

namespace facenet::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// Who is not John Salley.
std::string another_john() {
  const auto all = johns();
  return *std::ranges::find_if(
      all, [](const std::string& photo) { return photo.find("John_Salley") == std::string::npos; });
}

class WatchTest : public ProgramTest {
 protected:
  ~WatchTest() override {
    if (process_ != 0) end(SIGKILL);
  }

  /// Photos that nobody is writing, so that the first look takes them.
  void copy_old_photos(const std::string& folder) const {
    copy_photos(folder, "photos");
    for (const auto& photo : fs::directory_iterator(path("photos")))
      fs::last_write_time(photo, fs::file_time_type::clock::now() - std::chrono::hours(1));
  }
  /// Starts `facenet watch photos --jsonl`, its output in a file.
  void watch() {
    process_ = start({"watch", "photos", "--jsonl", "--settle", "0.1", "--catalog", catalog()}, {},
                     "events");
  }
  int end(int signal) {
    kill(process_, signal);
    const int status = wait_for(process_);
    process_ = 0;
    return status;
  }
  std::vector<json> events() const {
    std::vector<json> events;
    std::ifstream file(path("events"));
    for (std::string line; std::getline(file, line) && !file.eof();)
      events.push_back(json::parse(line));
    return events;
  }
  /// The first event of this kind from the `from`th on, once it has come.
  json event(const std::string& kind, std::size_t from = 0) const {
    for (int i = 0; i < 12'000; ++i, usleep(10'000)) {
      const auto all = events();
      for (std::size_t at = from; at < all.size(); ++at)
        if (all[at]["event"] == kind) return all[at];
    }
    ADD_FAILURE() << "no event \"" << kind << "\"";
    return nullptr;
  }
  json photo_event(const std::string& name) const {
    for (int i = 0; i < 12'000; ++i, usleep(10'000))
      for (const json& event : events())
        if (event["event"] == "photo" && event["photo"] == path(name)) return event;
    ADD_FAILURE() << "no event of " << name;
    return nullptr;
  }

  int process_ = 0;
};

TEST_F(WatchTest, SaysWhoIsInANewPhotoAndWhatHasGone) {
  copy_old_photos("johns/John_Salley");
  watch();
  event("look");
  const auto first = events();
  EXPECT_EQ(first.size(), 12U) << "eleven photos and the look";
  EXPECT_EQ(first.back()["photo_counts"]["new"], 11);
  const auto person = first.front()["faces"][0]["person"].get<int>();
  EXPECT_EQ(
      facenet({"people", "name", std::to_string(person), "John", "--catalog", catalog()}).status,
      0);

  const fs::path known = *fs::directory_iterator(path("photos"));
  const std::size_t before = events().size();
  copy_photo(another_john(), "photos/new/b.jpg");
  const json arrived = photo_event("photos/new/b.jpg");
  EXPECT_EQ(arrived["faces"].size(), 1U);
  fs::rename(known, path("photos/new/moved.jpg"));
  write("photos/broken.jpg", "\xff\xd8\xff nothing");
  EXPECT_THAT(event("unreadable", before)["error"].get<std::string>(),
              HasSubstr("cannot be decoded"));
  fs::remove(path("photos/new/b.jpg"));
  EXPECT_EQ(event("gone", before)["photo"], path("photos/new/b.jpg"));
  for (const json& event : events())
    EXPECT_NE(event.value("photo", ""), path("photos/new/moved.jpg")) << "it is not new";
  EXPECT_EQ(end(SIGTERM), 0);

  // As if nobody had watched.
  const ProgramRun run = facenet({"cluster", "photos", "--catalog", catalog(), "--json"});
  EXPECT_EQ(run.json()["photo_counts"]["new"], 0);
  EXPECT_EQ(run.json()["photo_counts"]["unchanged"], 11);
  EXPECT_EQ(run.json()["changes"]["computed"], "nothing");
}

TEST_F(WatchTest, SaysItByName) {
  copy_old_photos("johns/John_Salley");
  const fs::path last = *fs::directory_iterator(path("photos"));
  fs::rename(last, path("later.jpg"));
  ASSERT_EQ(facenet({"cluster", "photos", "--catalog", catalog()}).status, 0);
  ASSERT_EQ(facenet({"people", "name", "1", "John", "--catalog", catalog()}).status, 0);
  watch();
  event("look");
  EXPECT_EQ(events().size(), 1U) << "nothing is new";
  fs::rename(path("later.jpg"), path("photos/later.jpg"));
  EXPECT_EQ(photo_event("photos/later.jpg")["faces"][0]["name"], "John");
  EXPECT_EQ(end(SIGINT), 0);
}

TEST_F(WatchTest, GoesOnWhereTheFolderIsAwayForAWhile) {
  copy_old_photos("johns/John_Salley");
  watch();
  event("look");
  fs::rename(path("photos"), path("away"));
  // It says so and goes on: what is not there is not taken for deleted.
  usleep(500'000);
  fs::rename(path("away"), path("photos"));
  copy_photo(another_john(), "photos/b.jpg");
  photo_event("photos/b.jpg");
  for (const json& event : events()) EXPECT_NE(event["event"], "gone");
  EXPECT_EQ(end(SIGTERM), 0);
}

TEST_F(WatchTest, WhatIsWrongFromTheStartEndsIt) {
  const ProgramRun nowhere = facenet({"watch", "nowhere", "--catalog", catalog()});
  EXPECT_EQ(nowhere.status, 2);
  EXPECT_THAT(nowhere.errors(),
              ElementsAre(AllOf(HasSubstr("nowhere"), HasSubstr("give an existing folder"))));
  EXPECT_EQ(facenet({"watch"}).status, 2);
  for (const char* option : {"--settle", "--every"}) {
    const ProgramRun run = facenet({"watch", ".", option, "0", "--catalog", catalog()});
    EXPECT_EQ(run.status, 2);
    EXPECT_THAT(run.err, HasSubstr("seconds"));
  }
}

}  // namespace
}  // namespace facenet::test
