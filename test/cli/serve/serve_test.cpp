// `facenet serve` as its users run it, and as others try to.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <sys/wait.h>
#include <thread>

#include <gmock/gmock.h>

#include "test/cli/program.h"
#include "test/support/http_client.h"

namespace facenet::test {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

/// A running server over the photos of one John.
class ServeTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    copy_photos("johns/John_Simm", "album");
    ASSERT_EQ(
        facenet({"cluster", "album", "--catalog", catalog(), "--model", "facenet-nn4"}).status, 0);
    begin();
  }
  void TearDown() override {
    if (process_ != 0) {
      ::kill(process_, SIGKILL);
      wait_for(process_);
    }
  }

  void begin() {
    process_ = start({"serve", "--port", "0", "--no-browser", "--catalog", catalog()});
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(5);
    std::string link;
    while (!link.ends_with('\n')) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << read(".stderr");
      if (::waitpid(process_, nullptr, WNOHANG) != 0) process_ = 0;
      ASSERT_NE(process_, 0) << "it has ended: " << read(".stderr");
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      link = read(".stdout");
    }
    ASSERT_THAT(link, MatchesRegex("http://127\\.0\\.0\\.1:[0-9]+/#t=[0-9a-f]{64}\n"));
    port_ = std::stoi(link.substr(17));
    const std::string secret = link.substr(link.find('=') + 1, 64);
    key_ = "Authorization: Bearer " + secret + "\r\n";
  }
  int end(int signal) {
    ::kill(process_, signal);
    return wait_for(std::exchange(process_, 0));
  }

  std::string host() const { return "Host: 127.0.0.1:" + std::to_string(port_) + "\r\n"; }
  HttpAnswer get(const std::string& path, const std::string& headers) const {
    HttpClient client(port_);
    client.send(http_request("GET " + path, headers));
    return client.read();
  }
  HttpAnswer post(const std::string& path, const std::string& headers,
                  const std::string& body) const {
    HttpClient client(port_);
    client.send(http_request("POST " + path, headers, body));
    return client.read();
  }
  nlohmann::json first_person() const {
    return nlohmann::json::parse(get("/api/people", host() + key_).body)["people"][0];
  }
  static std::string naming(const nlohmann::json& person, const std::string& name) {
    return nlohmann::json{{"kind", "name"},
                          {"person", person["person"]},
                          {"name", name},
                          {"seen", {{person["person"].dump(), person["state"]}}}}
        .dump();
  }

  int process_ = 0, port_ = 0;
  std::string key_;
};

TEST_F(ServeTest, TheLinkOpensThePageAndCtrlCEndsIt) {
  EXPECT_EQ(get("/", host()).status, 200);
  EXPECT_THAT(get("/", host()).body, HasSubstr("<!doctype html>"));
  EXPECT_GE(first_person()["face_count"].get<int>(), 1);
  const HttpAnswer picture =
      get("/api/faces/" + first_person()["cover"].dump() + "/picture", host() + key_);
  EXPECT_EQ(picture.status, 200);
  EXPECT_EQ(picture.body.compare(0, 4, "RIFF"), 0);
  EXPECT_EQ(end(SIGINT), 0);
  EXPECT_EQ(read(".stderr"), "facenet: open this link in a browser; Ctrl-C ends it\n");
}

TEST_F(ServeTest, WhatWasAnsweredOutlivesAKill) {
  for (const char* const name : {"Anna", "Berta", "Cleo"}) {
    EXPECT_EQ(post("/api/edits", host() + key_, naming(first_person(), name)).status, 200);
    EXPECT_EQ(end(SIGKILL), 128 + SIGKILL);
    const auto people = facenet({"people", "--json", "--catalog", catalog()}).json()["people"];
    EXPECT_EQ(people[0]["name"], name);
    begin();
  }
  EXPECT_EQ(facenet({"catalog", "check", "--catalog", catalog()}).status, 0);
}

TEST_F(ServeTest, TheCommandLineAndThePageSeeEachOther) {
  const auto before = first_person();
  const std::string number = before["person"].dump();
  ASSERT_EQ(facenet({"people", "name", number, "Anna", "--catalog", catalog()}).status, 0);
  const HttpAnswer stale = post("/api/edits", host() + key_, naming(before, "Berta"));
  EXPECT_EQ(stale.status, 409);
  EXPECT_EQ(nlohmann::json::parse(stale.body)["changed"][0]["name"], "Anna");
  EXPECT_EQ(first_person()["name"], "Anna");
}

TEST_F(ServeTest, ACopyOverTheOpenCatalogIsServedAndWhatItLacksIsSaid) {
  HttpClient events(port_);
  events.send(http_request("GET /api/events", host() + key_));
  ASSERT_EQ(facenet({"catalog", "backup", "copy.db", "--catalog", catalog()}).status, 0);
  ASSERT_EQ(post("/api/edits", host() + key_, naming(first_person(), "Anna")).status, 200);
  const auto until = [&](const auto& is) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(5);
    while (!is() && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return is();
  };
  ASSERT_TRUE(until([&] { return std::filesystem::file_size(catalog() + "-wal") == 0; }));
  const auto named = first_person();
  // As `cp` does it: the file stays the same one, and so do those that SQLite has beside it.
  std::filesystem::copy_file(path("copy.db"), catalog(),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(post("/api/edits", host() + key_, naming(named, "Berta")).status, 409);
  EXPECT_TRUE(first_person()["name"].is_null());
  EXPECT_TRUE(events.wait_for("\"lost_fact_count\":1"));
  EXPECT_EQ(post("/api/edits", host() + key_, naming(first_person(), "Cleo")).status, 200);
  // In the same way, but by the command for it.
  ASSERT_EQ(facenet({"catalog", "restore", "copy.db", "--catalog", catalog()}).status, 0);
  EXPECT_TRUE(until([&] { return first_person()["name"].is_null(); }));
  EXPECT_EQ(post("/api/edits", host() + key_, naming(first_person(), "Dora")).status, 200);
  EXPECT_EQ(end(SIGTERM), 0);
  for (const std::string& file : {catalog(), catalog() + ".before-restore"})
    EXPECT_EQ(facenet({"catalog", "check", "--catalog", file}).status, 0) << file;
  const auto people = facenet({"people", "--json", "--catalog", catalog()}).json()["people"];
  EXPECT_EQ(people[0]["name"], "Dora");
}

TEST_F(ServeTest, WhatIsDoubtfulIsFoundOutBesides) {
  nlohmann::json review;
  do review = nlohmann::json::parse(get("/api/review", host() + key_).body);
  while (review["version"] == 0);
  EXPECT_TRUE(review["reason"].is_null()) << review;
  EXPECT_EQ(review["pair_count"].get<std::size_t>(), review["pairs"].size());
  const auto found = facenet({"insight", "--catalog", catalog()}).json();
  EXPECT_EQ(found["pair_count"], review["pair_count"]);
  const auto person = first_person();
  const auto order = std::ranges::find(found["order"], person["person"],
                                       [](const auto& entry) { return entry["person"]; });
  ASSERT_NE(order, found["order"].end());
  std::vector<nlohmann::json> shown;
  const auto one =
      nlohmann::json::parse(get("/api/people/" + person["person"].dump(), host() + key_).body);
  for (const auto& face : one["faces"]) shown.push_back(face["face"]);
  EXPECT_EQ((*order)["faces"], nlohmann::json(shown));
}

TEST_F(ServeTest, AQuestionAboutTwoFacesAndAPhotoAreAnswered) {
  const std::string number = first_person()["person"].dump();
  const auto faces =
      nlohmann::json::parse(get("/api/people/" + number, host() + key_).body)["faces"];
  const HttpAnswer why = get(
      "/api/explain?a=" + faces[0]["face"].dump() + "&b=" + faces[1]["face"].dump(), host() + key_);
  EXPECT_EQ(why.status, 200);
  EXPECT_EQ(nlohmann::json::parse(why.body)["together"], true);
  EXPECT_EQ(nlohmann::json::parse(why.body)["as_grouped"], true);
  ASSERT_EQ(post("/api/edits", host() + key_, naming(first_person(), "John")).status, 200);
  const HttpAnswer since = get(
      "/api/explain?a=" + faces[0]["face"].dump() + "&b=" + faces[1]["face"].dump(), host() + key_);
  EXPECT_EQ(since.status, 200) << since.body;
  EXPECT_EQ(nlohmann::json::parse(since.body)["as_grouped"], false);
  EXPECT_THAT(since.body, HasSubstr("John"));
  const auto photo = *std::filesystem::directory_iterator(path("album"));
  const HttpAnswer who =
      post("/api/search", host() + key_, read(photo.path().lexically_relative(folder_.path())));
  EXPECT_EQ(who.status, 200) << who.body;
  EXPECT_EQ(nlohmann::json::parse(who.body)["in_catalog"], true);
  EXPECT_EQ(post("/api/search", host() + key_, "no photo").status, 422);
}

TEST_F(ServeTest, WhoHasNoSecretGetsNothing) {
  for (const std::string& shown : {std::string(), std::string("Authorization: Bearer x\r\n")}) {
    for (const char* const path :
         {"/api/people", "/api/log", "/api/faces/1/picture", "/api/events"})
      EXPECT_EQ(get(path, host() + shown).status, 403) << path;
    EXPECT_EQ(post("/api/edits", host() + shown, naming(first_person(), "X")).status, 403);
    EXPECT_EQ(post("/api/search", host() + shown, "x").status, 403);
  }
}

TEST_F(ServeTest, OtherPagesAndOtherNamesAreRefused) {
  const std::string edit = naming(first_person(), "Evil");
  for (const char* const header :
       {"Origin: http://evil.example\r\n", "Origin: null\r\n", "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n"}) {
    EXPECT_EQ(post("/api/edits", host() + key_ + header, edit).status, 403) << header;
    EXPECT_EQ(get("/api/people", host() + key_ + header).status, 403) << header;
  }
  for (const std::string& name : {"evil.example:" + std::to_string(port_), std::string("127.0.0.1"),
                                  std::string("evil.example")})
    EXPECT_EQ(get("/api/people", "Host: " + name + "\r\n" + key_).status, 403) << name;
  EXPECT_TRUE(first_person()["name"].is_null());
}

TEST_F(ServeTest, ForgettingTakesTheFacesThatWereCutWithIt) {
  const std::string cover = first_person()["cover"].dump();
  ASSERT_EQ(get("/api/faces/" + cover + "/picture", host() + key_).status, 200);
  const auto kept = [&] {
    std::size_t count = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(path("home/.cache/facenet")))
      count += entry.path().extension() == ".webp";
    return count;
  };
  EXPECT_GE(kept(), 1U);
  const std::string person = first_person()["person"].dump();
  ASSERT_EQ(end(SIGTERM), 0);
  ASSERT_EQ(facenet({"forget", person, "--yes", "--catalog", catalog()}).status, 0);
  EXPECT_EQ(kept(), 0U);
}

TEST_F(ServeTest, APortThatIsTakenIsSaid) {
  const ProgramRun run =
      facenet({"serve", "--port", std::to_string(port_), "--no-browser", "--catalog", catalog()});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.errors().back(), HasSubstr("Address already in use; give another --port"));
  EXPECT_EQ(facenet({"serve", "--port", "65536", "--catalog", catalog()}).status, 2);
  EXPECT_EQ(facenet({"serve", "--no-browser", "--catalog", path("none.db")}).status, 2);
}

}  // namespace
}  // namespace facenet::test
