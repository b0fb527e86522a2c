#include "web/api.h"

#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "people/statements.h"
#include "test/people/album.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class WebApiTest : public AlbumTest {
 protected:
  void SetUp() override {
    for (int photo = 1; photo <= 3; ++photo) faces_.push_back(add_photo(photo, 1).front());
    regroup({{faces_[0], faces_[1]}, {faces_[2]}});
    person_ = person_of(faces_[0]);
    editor_.emplace(file());
    insight_.emplace([this](const std::atomic<bool>&) { return found_; });
    api_.emplace(WebApi::Parts{
        .catalog = file(),
        .editor = *editor_,
        .insight = *insight_,
        .pictures = shop_,
        .run = [&](const std::vector<std::string>& arguments, std::string_view input) {
          asked_ = arguments;
          input_ = input;
          return child_;
        }});
  }

  HttpResponse get(const std::string& path, std::map<std::string, std::string> query = {}) {
    HttpRequest request;
    request.head.method = "GET";
    request.head.path = path;
    request.head.query = std::move(query);
    return api_->answer(request);
  }
  HttpResponse post(const std::string& path, const std::string& body) {
    HttpRequest request;
    request.head.method = "POST";
    request.head.path = path;
    request.body = body;
    return api_->answer(request);
  }
  static WebJson json(const HttpResponse& response) { return WebJson::parse(response.body); }

  std::vector<FaceId> faces_;
  PersonId person_ = 0;
  PictureCache cache_{"", 0};
  PictureShop shop_{cache_, 1};
  std::optional<Editor> editor_;
  Insight found_;
  std::optional<InsightFinder> insight_;
  std::vector<std::string> asked_;
  std::string input_;
  ChildRun child_{.status = 0, .out = "{\"faces\": []}"};
  std::optional<WebApi> api_;
};

TEST_F(WebApiTest, GivesThePageAndItsParts) {
  EXPECT_EQ(get("/").type, "text/html; charset=utf-8");
  EXPECT_THAT(get("/").body, HasSubstr("<script type=\"module\" src=\"/app.js\">"));
  EXPECT_EQ(get("/app.js").type, "text/javascript; charset=utf-8");
  // No script and no style in the page itself: the policy allows none.
  EXPECT_THAT(get("/").body, testing::Not(HasSubstr("style=")));
  EXPECT_THAT(get("/").body, testing::Not(HasSubstr("onclick")));
}

TEST_F(WebApiTest, EverythingThatThePageAsksForIsThere) {
  std::vector<std::filesystem::path> files = {"/app.js"};
  for (std::size_t i = 0; i < files.size(); ++i) {
    const HttpResponse response = get(files[i].string());
    ASSERT_EQ(response.status, 200) << files[i];
    constexpr std::string_view kFrom = "from \"";
    for (std::size_t at = 0; (at = response.body.find(kFrom, at)) != std::string::npos;) {
      at += kFrom.size();
      const std::string part = response.body.substr(at, response.body.find('"', at) - at);
      const auto file = (files[i].parent_path() / part).lexically_normal();
      if (std::ranges::find(files, file) == files.end()) files.push_back(file);
    }
  }
  EXPECT_EQ(files.size(), 14U);
}

TEST_F(WebApiTest, NoPathOpensAFile) {
  for (const char* const path :
       {"/../../etc/passwd", "//etc/passwd", "/etc/passwd", "/page.css/../app.js",
        "/api/people/../log", "/api/photos//etc/passwd/picture", "/api/photos/1x/picture",
        "/api/photos/-1/picture", "/api/photos/+1/picture", "/api/photos/ 1/picture",
        "/api/faces/1/picture/x", "/api/faces//picture", "/api/faces/99999999999999999999/picture",
        "/api", "/api/", "/api/edits"})
    EXPECT_EQ(get(path).status, 404) << path;
  EXPECT_EQ(post("/api/people", "{}").status, 404);
}

TEST_F(WebApiTest, ListsPeopleAndTheirFaces) {
  name_person(catalog_, person_, "<script>alert(1)</script>");
  editor_->look();
  const HttpResponse response = get("/api/people");
  EXPECT_EQ(response.type, "application/json");
  const WebJson people = json(response)["people"];
  ASSERT_EQ(people.size(), 2U);
  EXPECT_EQ(people[0]["person"], person_);
  EXPECT_EQ(people[0]["name"], "<script>alert(1)</script>");
  EXPECT_EQ(people[0]["face_count"], 2);
  const WebJson first = json(get("/api/people", {{"limit", "1"}}));
  EXPECT_EQ(first["people"].size(), 1U);
  EXPECT_EQ(first["people_count"], 2);
  const WebJson one = json(get("/api/people/" + std::to_string(person_)));
  EXPECT_EQ(one["state"], people[0]["state"]);
  EXPECT_EQ(one["faces"].size(), 2U);
}

TEST_F(WebApiTest, SaysWhichFacesAreCopiesAndWhichWereMarkedByHand) {
  std::vector<FaceId> burst;
  for (int number = 10; number <= 12; ++number) {
    PhotoRecord photo = make_photo(number);
    photo.moment.taken = 1'000'000 + number;
    FaceRecord face = make_face(0, 5);
    face.by_hand = number == 11;
    std::vector<FaceId> ids;
    const PhotoId id = catalog_.add_photo(photo, std::vector{face}, &ids);
    catalog_.put_path({.path = fmt::format("/{}.jpg", number), .photo = id});
    catalog_.put_embedding(ids[0], model_, std::vector{1.0F, 0.0F});
    burst.push_back(ids[0]);
  }
  regroup({{faces_[0], faces_[1]}, {faces_[2]}, burst});
  editor_->look();
  const WebJson faces = json(get("/api/people/" + std::to_string(person_of(burst[0]))))["faces"];
  ASSERT_EQ(faces.size(), 3U);
  EXPECT_FALSE(faces[0].contains("like"));
  EXPECT_EQ(faces[1]["like"], faces[0]["face"]);
  EXPECT_EQ(faces[2]["like"], faces[0]["face"]);
  for (const WebJson& face : faces) EXPECT_EQ(face.contains("by_hand"), face["face"] == burst[1]);
  const WebJson photo = json(get("/api/photos/" + faces[1]["photo"].dump()));
  EXPECT_EQ(photo["faces"][0].contains("by_hand"), faces[1]["face"] == burst[1]);
}

TEST_F(WebApiTest, SaysWhatBecameOfAPersonWhoIsGone) {
  const PersonId other = person_of(faces_[2]);
  merge_people(catalog_, person_, other);
  editor_->look();
  const HttpResponse gone = get("/api/people/" + std::to_string(other));
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(json(gone)["merged_into"], person_);
}

TEST_F(WebApiTest, AnEditIsAnsweredWithWhatChanged) {
  const std::string state = editor_->view()->person(person_)->state;
  const WebJson edit{{"kind", "name"},
                     {"person", person_},
                     {"name", "Anna"},
                     {"seen", {{std::to_string(person_), state}}}};
  const HttpResponse done = post("/api/edits", edit.dump());
  EXPECT_EQ(done.status, 200);
  EXPECT_EQ(json(done)["people"][0]["name"], "Anna");
  const HttpResponse again = post("/api/edits", edit.dump());
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(json(again)["changed"][0]["name"], "Anna");
  EXPECT_EQ(post("/api/edits", "{").status, 400);
  EXPECT_EQ(post("/api/edits", std::string(5000, '[')).status, 400);
  EXPECT_EQ(post("/api/edits", "{\"kind\": \"undo\", \"fact\": 99}").status, 422);
  EXPECT_EQ(post("/api/edits", "\"\xff\"").status, 400);
}

TEST_F(WebApiTest, TheLogIsNewestFirstAndComesInParts) {
  for (const char* const name : {"A", "B", "C"}) name_person(catalog_, person_, name);
  undo_fact(catalog_, 3);
  const WebJson log = json(get("/api/log", {{"limit", "2"}}));
  EXPECT_TRUE(log["more"].get<bool>());
  EXPECT_EQ(log["facts"][0]["undoes"], 3);
  EXPECT_EQ(log["facts"][1]["undone_by"], 4);
  const WebJson rest = json(get("/api/log", {{"before", "3"}}));
  EXPECT_FALSE(rest["more"].get<bool>());
  EXPECT_EQ(rest["facts"][0]["name"], "B");
  for (const char* const limit : {"0", "-1", "x", "", "1001", "1e3"})
    EXPECT_EQ(get("/api/log", {{"limit", limit}}).status, 400) << limit;
}

TEST_F(WebApiTest, ThePhotoTellsWhoIsInIt) {
  const PhotoId photo = editor_->view()->photos()->face(faces_[0])->photo;
  const WebJson json = this->json(get("/api/photos/" + std::to_string(photo)));
  EXPECT_EQ(json["paths"], WebJson({"/1.jpg"}));
  EXPECT_EQ(json["faces"][0]["person"], person_);
  EXPECT_EQ(get("/api/photos/999").status, 404);
  EXPECT_EQ(get("/api/photos/999/picture").status, 404);
  EXPECT_EQ(get("/api/faces/999/picture").status, 404);
}

TEST_F(WebApiTest, QuestionsThatTakeMemoryAreAnsweredByAProcessOfTheirOwn) {
  EXPECT_EQ(post("/api/search", "bytes").status, 200);
  EXPECT_THAT(asked_, ElementsAre("who", "--json", "-"));
  EXPECT_EQ(input_, "bytes");
  EXPECT_EQ(get("/api/explain", {{"a", "1"}, {"b", "2"}}).status, 200);
  EXPECT_THAT(asked_, ElementsAre("cluster", "--explain", "--json", "1", "2"));
  child_ = {.status = 3, .out = "", .error = "-: is not a photo"};
  const HttpResponse failed = post("/api/search", "bytes");
  EXPECT_EQ(failed.status, 422);
  EXPECT_EQ(json(failed)["error"], "-: is not a photo");
  asked_.clear();
  EXPECT_EQ(get("/api/explain", {{"a", "1"}}).status, 400);
  EXPECT_EQ(get("/api/explain", {{"a", "--catalog"}, {"b", "2"}}).status, 400);
  EXPECT_EQ(post("/api/search", "").status, 400);
  EXPECT_TRUE(asked_.empty());
}

TEST_F(WebApiTest, EventsTellOfEveryChange) {
  const HttpResponse events = get("/api/events");
  EXPECT_EQ(events.type, "text/event-stream");
  std::string sent;
  const HttpSend send = [&](std::string_view part) {
    sent = part;
    return true;
  };
  events.stream(send);
  const WebJson first = WebJson::parse(sent.substr(sent.find('{')));
  EXPECT_EQ(first["lost_fact_count"], 0);
  name_person(catalog_, person_, "Anna");
  editor_->look();
  events.stream(send);
  const WebJson second = WebJson::parse(sent.substr(sent.find('{')));
  EXPECT_GT(second["version"], first["version"]);
  EXPECT_FALSE(events.stream([](std::string_view) { return false; }) && sent.empty());
}

TEST_F(WebApiTest, OnlyWhoHasChangedIsSentAgain) {
  const WebJson all = json(get("/api/people"));
  EXPECT_TRUE(all["since"].is_null());
  const std::string since = std::to_string(all["version"].get<int>());
  EXPECT_TRUE(json(get("/api/people", {{"since", since}}))["people"].empty());
  const PersonId other = person_of(faces_[2]);
  merge_people(catalog_, person_, other);
  editor_->look();
  const WebJson changed = json(get("/api/people", {{"since", since}}));
  EXPECT_EQ(changed["since"], all["version"]);
  EXPECT_EQ(changed["people_count"], 1);
  ASSERT_EQ(changed["people"].size(), 2U);
  EXPECT_EQ(changed["people"][0]["face_count"], 3);
  EXPECT_EQ(changed["people"][1],
            WebJson({{"person", other}, {"gone", true}, {"merged_into", person_}}));
  // Of a version that this run never had, all are sent.
  const WebJson unknown = json(get("/api/people", {{"since", "1000"}}));
  EXPECT_TRUE(unknown["since"].is_null());
  EXPECT_EQ(unknown["people"].size(), 1U);
}

TEST_F(WebApiTest, EventsTellWhyTheCatalogCannotBeRead) {
  const HttpResponse events = get("/api/events");
  std::string sent;
  const HttpSend send = [&](std::string_view part) {
    sent = part;
    return true;
  };
  const auto next = [&] {
    events.stream(send);
    return WebJson::parse(sent.substr(sent.find('{')))["trouble"];
  };
  EXPECT_TRUE(next().is_null());
  std::filesystem::rename(file(), file() + ".away");
  EXPECT_THROW(editor_->look(), Error);
  EXPECT_THAT(next(), HasSubstr(file()));
  std::filesystem::rename(file() + ".away", file());
  editor_->look();
  EXPECT_TRUE(next().is_null());
}

TEST_F(WebApiTest, TheReviewAsksOnlyWhatStillIsAQuestion) {
  const PersonId other = person_of(faces_[2]);
  found_.queue.pair_count = 1;
  found_.queue.pairs = {{.a = person_, .b = other, .probability = 0.75, .settles = 1}};
  found_.order[person_] = {faces_[1], faces_[0]};
  found_.doubts[faces_[0]] = 0.25;
  insight_->ask(1);
  EXPECT_EQ(json(get("/api/review"))["pair_count"], 1);
  const WebJson pair = json(get("/api/review"))["pairs"][0];
  EXPECT_EQ(pair["pair"], found_.queue.pairs[0].id());
  EXPECT_EQ(pair["a"]["faces"], WebJson({faces_[1], faces_[0]}));
  EXPECT_EQ(pair["b"]["faces"], WebJson({faces_[2]}));
  const WebJson faces = json(get("/api/people/" + std::to_string(person_)))["faces"];
  EXPECT_EQ(faces[0]["face"], faces_[1]);
  EXPECT_FALSE(faces[0].contains("probability"));
  EXPECT_EQ(faces[1]["probability"], 0.25);
  hide_person(catalog_, other, true);
  editor_->look();
  EXPECT_TRUE(json(get("/api/review"))["pairs"].empty());
  EXPECT_EQ(json(get("/api/review"))["pair_count"], 0);
}

TEST_F(WebApiTest, WhereThereIsNoReviewThereIsAReason) {
  found_.no_queue = "nothing says how likely";
  insight_->ask(1);
  const WebJson review = json(get("/api/review"));
  EXPECT_TRUE(review["pairs"].empty());
  EXPECT_EQ(review["reason"], "nothing says how likely");
}

TEST(Insight, GoesFromProcessToProcess) {
  Insight insight;
  insight.queue.pair_count = 3;
  insight.queue.expected_faces = 1.5;
  insight.queue.pairs = {{.a = 1, .b = 2, .probability = 0.5, .settles = 4, .departed = 5}};
  insight.order[7] = {9, 8};
  insight.doubts[8] = 0.125;
  const Insight other = insight_from(to_json(insight).dump());
  EXPECT_EQ(to_json(other), to_json(insight));
  EXPECT_EQ(other.order.at(7), (std::vector<FaceId>{9, 8}));
  for (const char* const text : {"", "{}", "[]", "{\"pair_count\": \"x\"}"})
    EXPECT_THROW(insight_from(text), Error) << text;
}

}  // namespace
}  // namespace facenet
