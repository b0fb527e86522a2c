#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include <gmock/gmock.h>

#include "image/decode.h"
#include "image/degrade.h"
#include "image/encode.h"
#include "test/cli/program.h"

namespace facenet::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

/// A catalog of the five Johns.
class PeopleCommandTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    copy_photos("johns", "photos");
    const ProgramRun run = cluster({"photos"});
    ASSERT_EQ(run.status, 0) << run.err;
    document_ = run.json();
  }

  ProgramRun with_catalog(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--catalog", catalog()});
    return facenet(arguments);
  }
  ProgramRun people(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "people");
    return with_catalog(std::move(arguments));
  }
  ProgramRun cluster(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"cluster", "--json"});
    return with_catalog(std::move(arguments));
  }
  json listed() const { return people({"list", "--all", "--json"}).json()["people"]; }

  /// Person and face of the first photo of one of the Johns.
  struct Shown {
    std::string person, face, other_face;
    std::size_t faces;
  };
  Shown find_john(const std::string& name) const {
    for (const json& person : document_["people"]) {
      const json& faces = person["faces"];
      if (faces.size() > 2 && faces[0]["photo"].get<std::string>().find(name) != std::string::npos)
        return {std::to_string(person["person"].get<int>()),
                std::to_string(faces[0]["face"].get<int>()),
                std::to_string(faces[1]["face"].get<int>()), faces.size()};
    }
    ADD_FAILURE() << name;
    return {};
  }
  static std::map<int, int> person_of_face(const json& people) {
    std::map<int, int> persons;
    for (const json& person : people)
      for (const json& face : person["faces"]) persons[face["face"]] = person["person"];
    return persons;
  }

  json document_;
};

TEST_F(PeopleCommandTest, EverythingSaidStaysAndCanBeUndone) {
  const auto simm = find_john("John_Simm");
  const auto salley = find_john("John_Salley");
  const auto savage = find_john("John_Savage");
  const json before = listed();
  EXPECT_EQ(people({"name", simm.person, "John Simm"}).status, 0);
  EXPECT_EQ(people({"merge", "John Simm", salley.person}).status, 0);
  EXPECT_EQ(people({"split", savage.person, savage.face}).status, 0);
  EXPECT_EQ(people({"move", savage.other_face, "--to", "John Simm"}).status, 0);
  EXPECT_EQ(people({"reject", simm.face}).status, 0);
  EXPECT_EQ(people({"hide", "John Simm"}).status, 0);
  const auto said = person_of_face(listed());
  EXPECT_NE(said.at(std::stoi(simm.face)), std::stoi(simm.person));
  EXPECT_EQ(said.at(std::stoi(savage.other_face)), std::stoi(simm.person));
  EXPECT_NE(said.at(std::stoi(savage.face)), std::stoi(savage.person));
  EXPECT_EQ(said.at(std::stoi(salley.face)), std::stoi(simm.person));

  // All of it binds the next clustering; the tree is not what it was, but nothing moves back.
  const ProgramRun again = cluster({"--all"});
  EXPECT_EQ(again.status, 0);
  const auto clustered = person_of_face(again.json()["people"]);
  EXPECT_EQ(clustered.at(std::stoi(savage.other_face)), std::stoi(simm.person));
  EXPECT_NE(clustered.at(std::stoi(simm.face)), std::stoi(simm.person));
  EXPECT_NE(clustered.at(std::stoi(savage.face)), std::stoi(savage.person));
  EXPECT_EQ(again.json()["changes"]["churned_face_count"].is_number(), true);
  EXPECT_EQ(with_catalog({"catalog", "check"}).status, 0);

  for (int i = 0; i < 6; ++i) EXPECT_EQ(people({"undo"}).status, 0) << i;
  EXPECT_EQ(listed(), before);
  EXPECT_EQ(people({"undo"}).status, 2);
  const json log = people({"log", "--json"}).json();
  EXPECT_EQ(log["facts"].size(), 12u);
  EXPECT_EQ(log["facts"][0]["undone_by"], 12);
}

TEST_F(PeopleCommandTest, ManyAreHiddenShownAndRejectedAtOnce) {
  const auto simm = find_john("John_Simm");
  const auto salley = find_john("John_Salley");
  const ProgramRun hidden = people({"hide", simm.person, salley.person});
  EXPECT_EQ(hidden.status, 0) << hidden.err;
  EXPECT_THAT(hidden.err, HasSubstr("2 people are hidden now (facts 1 to 2)"));
  const json shown = bash("printf '" + simm.person + "\\n" + salley.person +
                          "\\n' | $FACENET people unhide - --json "
                          "--catalog catalog.db")
                         .json();
  EXPECT_EQ(shown["facts"], json({3, 4}));
  EXPECT_EQ(shown["people"].size(), 2u);
  EXPECT_EQ(people({"hide", simm.person, "999"}).status, 2);
  EXPECT_EQ(people({"list", "--json"}).json()["people"].size(), listed().size())
      << "nothing is said by halves";

  const json both = people({"show", simm.person, salley.person, "--json"}).json()["people"];
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[0]["faces"].size(), simm.faces);

  const ProgramRun rejected = people({"reject", simm.face, salley.face, "--json"});
  ASSERT_EQ(rejected.status, 0) << rejected.err;
  EXPECT_EQ(rejected.json()["moved_face_count"], 2);
  EXPECT_EQ(rejected.json()["facts"], json({5, 6}));
  const ProgramRun undone = people({"undo", "5-6"});
  EXPECT_EQ(undone.status, 0) << undone.err;
  EXPECT_THAT(undone.err, HasSubstr("undone: 2 facts, 5 to 6; 2 faces moved back"));
  EXPECT_EQ(people({"undo", "6-5"}).status, 2);
  EXPECT_EQ(people({"undo", "x"}).status, 2);
}

TEST_F(PeopleCommandTest, NamesLeadOnAndNotIntoDeadEnds) {
  const auto simm = find_john("John_Simm");
  const auto salley = find_john("John_Salley");
  const auto savage = find_john("John_Savage");
  people({"name", simm.person, "Anna"});
  EXPECT_THAT(people({"name", salley.person, "Anna"}).err,
              HasSubstr("`facenet people merge " + simm.person + " " + salley.person + "`"));
  EXPECT_THAT(people({"name", simm.person, salley.person}).err,
              HasSubstr("`facenet people merge " + simm.person + " " + salley.person + "`"));
  EXPECT_EQ(people({"show", "ANNA", "--json"}).json()["people"][0]["name"], "Anna");
  EXPECT_THAT(people({"show", "Ana"}).err, HasSubstr("did you mean \"Anna\"?"));

  EXPECT_THAT(people({"move", savage.face, "--to", "Ana"}).err, HasSubstr("--new makes a person"));
  const ProgramRun moved = people({"move", savage.face, "--to", "Ana", "--new"});
  EXPECT_EQ(moved.status, 0) << moved.err;
  EXPECT_THAT(moved.err, HasSubstr("1 face is Ana (person "));
  const ProgramRun fresh = people({"move", savage.other_face, "--to", "Ben", "--json"});
  EXPECT_EQ(fresh.json()["people"][0]["name"], "Ben");
  EXPECT_EQ(people({"name", salley.person, "18"}).status, 2);
  EXPECT_EQ(people({"name", salley.person, "18", "--force"}).status, 2)
      << "it would mean person 18";
}

TEST_F(PeopleCommandTest, AMergeOfTwoNamesNeedsADecision) {
  const auto simm = find_john("John_Simm");
  const auto salley = find_john("John_Salley");
  people({"name", simm.person, "Simm"});
  people({"name", salley.person, "Salley"});
  const ProgramRun undecided = people({"merge", "Simm", "Salley"});
  EXPECT_EQ(undecided.status, 2);
  EXPECT_THAT(undecided.err, HasSubstr("--keep PERSON, or --yes"));
  const ProgramRun merged = people({"merge", "Simm", "Salley", "--keep", "Salley", "--json"});
  EXPECT_EQ(merged.status, 0) << merged.err;
  EXPECT_EQ(merged.json()["people"][0]["name"], "Salley");
  EXPECT_EQ(merged.json()["moved_face_count"], simm.faces);
  EXPECT_EQ(people({"show", "Simm"}).status, 2);
  EXPECT_THAT(people({"show", simm.person}).err, HasSubstr("was merged into person"));
  people({"undo"});
  EXPECT_EQ(people({"merge", "Simm", "Salley", "--yes"}).status, 0);
  EXPECT_EQ(people({"show", "Simm"}).status, 0);
}

TEST_F(PeopleCommandTest, AnotherCutNeedsNoSearchAndNoPhotos) {
  fs::remove_all(path("photos"));
  const ProgramRun low = cluster({"--threshold", "0.6"});
  ASSERT_EQ(low.status, 0) << low.err;
  EXPECT_EQ(low.json()["changes"]["computed"], "cut");
  EXPECT_GT(low.json()["people"].size(), document_["people"].size());
  EXPECT_EQ(low.json()["rule"], "threshold");
  // It stays the catalog's until it is taken back.
  const ProgramRun later = with_catalog({"cluster", "--json"});
  EXPECT_EQ(later.json()["changes"]["computed"], "nothing");
  EXPECT_EQ(later.json()["threshold"], 0.6);
  EXPECT_THAT(later.err, HasSubstr("people join up to distance 0.6, which the catalog keeps"));
  EXPECT_EQ(with_catalog({"catalog", "info", "--json"}).json()["models"][0]["threshold"], 0.6);
  EXPECT_THAT(with_catalog({"catalog", "info"}).out,
              HasSubstr("threshold   0.6 for mobilefacenet-512, as asked"));
  const ProgramRun back = cluster({"--threshold", "default"});
  EXPECT_EQ(back.json()["changes"]["computed"], "cut");
  EXPECT_EQ(back.json()["rule"], "default");
  EXPECT_EQ(back.json()["people"], document_["people"]);
  EXPECT_THAT(back.err, testing::Not(HasSubstr("which the catalog keeps")));
  EXPECT_TRUE(
      with_catalog({"catalog", "info", "--json"}).json()["models"][0]["threshold"].is_null());
  EXPECT_EQ(cluster({"--threshold", "0.6x"}).status, 2);
  EXPECT_EQ(cluster({}).json()["changes"]["computed"], "nothing");
  const ProgramRun anew = cluster({"--rebuild"});
  EXPECT_EQ(anew.json()["changes"]["computed"], "everything");
  EXPECT_EQ(anew.json()["people"], back.json()["people"]);
}

TEST_F(PeopleCommandTest, ANameIsNotSpreadToOthersByAnotherCut) {
  // So low a cut leaves John Simm in two pieces, one of five faces or more.
  json smaller, larger;
  const json apart = cluster({"--threshold", "0.4"}).json()["people"];
  for (const json& person : apart) {
    if (person["faces"][0]["photo"].get<std::string>().find("Simm") == std::string::npos) continue;
    (person["faces"].size() < 5 ? smaller : larger) = person;
  }
  ASSERT_TRUE(smaller.is_object() && larger.is_object());
  const int named = smaller["person"];
  const int other = larger["person"];
  people({"name", std::to_string(named), "John"});
  const ProgramRun run = with_catalog({"cluster", "--threshold", "default", "--json"});
  const json held_back = run.json()["changes"]["held_back"];
  ASSERT_EQ(held_back.size(), 1u) << run.out;
  EXPECT_EQ(held_back[0]["person"], named);
  EXPECT_EQ(held_back[0]["other_person"], other);
  EXPECT_EQ(held_back[0]["face_count"], larger["faces"].size());
  EXPECT_THAT(run.err, HasSubstr("`facenet people review` asks"));
  EXPECT_EQ(cluster({"--rebuild"}).json()["people"], run.json()["people"]);
  const auto first_face = [](const json& person) {
    return std::to_string(person["faces"][0]["face"].get<int>());
  };
  EXPECT_THAT(with_catalog({"cluster", "--explain", first_face(smaller), first_face(larger)}).out,
              HasSubstr("kept apart by a name, which takes over nobody of 5 faces or more"));

  const std::string pair = people({"review", "--json", "--limit", "1"}).json()["pairs"][0]["pair"];
  EXPECT_EQ(pair,
            std::to_string(std::min(named, other)) + "-" + std::to_string(std::max(named, other)));
  people({"answer", pair, "yes"});
  EXPECT_TRUE(cluster({}).json()["changes"]["held_back"].empty());
}

TEST_F(PeopleCommandTest, ExplainsWhyTwoFacesAreOnePersonOrNot) {
  const auto simm = find_john("John_Simm");
  const auto salley = find_john("John_Salley");
  const ProgramRun same = cluster({"--explain", simm.face, simm.other_face});
  EXPECT_EQ(same.status, 0) << same.err;
  EXPECT_TRUE(same.json()["together"]);
  EXPECT_EQ(same.json()["rule"], "default");
  EXPECT_TRUE(same.json()["joined_at"].is_number());
  EXPECT_GE(same.json()["terms"]["likeness"].get<double>(),
            same.json()["terms"]["likeness_needed"].get<double>());
  const ProgramRun other = cluster({"--explain", simm.face, salley.face});
  EXPECT_EQ(other.status, 1);
  EXPECT_LT(other.json()["terms"]["likeness"].get<double>(),
            other.json()["terms"]["likeness_needed"].get<double>());
  EXPECT_LT(other.json()["terms"]["probability"].get<double>(), 0.5);
  EXPECT_THAT(with_catalog({"cluster", "--explain", simm.face, salley.face}).out,
              HasSubstr("the likeness of their mean faces is"));

  people({"reject", simm.face});
  const ProgramRun at_once = with_catalog({"cluster", "--explain", simm.face, simm.other_face});
  EXPECT_EQ(at_once.status, 1);
  EXPECT_THAT(at_once.out, HasSubstr("facts or photos have changed since the faces were grouped"));
  EXPECT_THAT(at_once.out, HasSubstr("kept apart by fact 1: face " + simm.face + " is not"));
  cluster({});
  const ProgramRun rejected = with_catalog({"cluster", "--explain", simm.face, simm.other_face});
  EXPECT_EQ(rejected.status, 1);
  EXPECT_THAT(rejected.out, HasSubstr("kept apart by fact 1: face " + simm.face + " is not"));
  people({"undo"});
  people({"name", simm.person, "Simm"});
  cluster({});
  EXPECT_THAT(with_catalog({"cluster", "--explain", simm.face, simm.other_face}).out,
              HasSubstr("together by fact 3: person " + simm.person + " is \"Simm\""));
}

TEST_F(PeopleCommandTest, FindsEveryPhotoOfAPerson) {
  const auto simm = find_john("John_Simm");
  std::string photo;
  for (const std::string& name : johns())
    if (name.find("John_Simm") != std::string::npos) photo = name;
  copy_photo(photo, "question.jpg");
  const ProgramRun found = with_catalog({"find", "question.jpg", "--json"});
  ASSERT_EQ(found.status, 0) << found.err;
  const json answer = found.json()["faces"][0];
  EXPECT_EQ(answer["person"], std::stoi(simm.person));
  EXPECT_EQ(answer["photos"].size(), simm.faces);
  EXPECT_NEAR(answer["photos"][0]["distance"].get<double>(), 0, 1e-6);
  for (std::size_t i = 1; i < answer["photos"].size(); ++i)
    EXPECT_LE(answer["photos"][i - 1]["distance"], answer["photos"][i]["distance"]);
  const ProgramRun paths = with_catalog({"find", "question.jpg", "-0"});
  EXPECT_EQ(static_cast<std::size_t>(std::count(paths.out.begin(), paths.out.end(), '\0')),
            simm.faces);
  copy_photo("faces/bald_guys.jpg", "strangers.jpg");
  const ProgramRun nobody = with_catalog({"find", "strangers.jpg"});
  EXPECT_EQ(nobody.status, 1);
  EXPECT_EQ(nobody.out, "nobody\n");

  // With the catalog's threshold, unless it is given one.
  cluster({"--threshold", "0.9"});
  EXPECT_EQ(with_catalog({"find", "question.jpg", "--json"}).json()["threshold"], 0.9);
  EXPECT_EQ(
      with_catalog({"find", "question.jpg", "--json", "--threshold", "1"}).json()["threshold"],
      1.0);
}

/// The records of a text in which each ends in NUL.
std::vector<std::string> records_of(const std::string& text) {
  std::vector<std::string> records;
  std::size_t start = 0;
  for (std::size_t end = 0; (end = text.find('\0', start)) != text.npos; start = end + 1)
    records.push_back(text.substr(start, end - start));
  EXPECT_EQ(start, text.size()) << "something after the last NUL";
  return records;
}

TEST_F(PeopleCommandTest, PathsEndInOneNulEachSoThatXargsCanReadThem) {
  const auto simm = find_john("John_Simm");
  const ProgramRun shown = people({"show", simm.person, "-0"});
  ASSERT_EQ(shown.status, 0) << shown.err;
  const auto records = records_of(shown.out);
  EXPECT_EQ(records.size(), simm.faces);
  for (const std::string& photo : records) EXPECT_TRUE(fs::exists(photo)) << photo;

  // Of several people each photo once, or by person with a record between two people.
  const auto all = records_of(people({"-0"}).out);
  EXPECT_EQ(std::set(all.begin(), all.end()).size(), all.size());
  for (const std::string& photo : all) EXPECT_TRUE(fs::exists(photo)) << photo;
  for (const std::string separator : {"", "--"}) {
    const auto grouped = records_of(people({"-0", "--group-separator", separator}).out);
    EXPECT_EQ(std::ranges::count(grouped, separator), std::ssize(listed()) - 1);
    EXPECT_NE(grouped.back(), separator);
  }
  const auto from_cluster =
      records_of(with_catalog({"cluster", "-0", "--group-separator", "--"}).out);
  EXPECT_EQ(std::ranges::count(from_cluster, "--"), std::ssize(listed()) - 1);
  EXPECT_EQ(people({"--group-separator", "--"}).status, 2) << "without -0";
}

TEST_F(PeopleCommandTest, ReviewListsPairsAndTakesAnswers) {
  // At a low threshold the Johns are in pieces, so there is much to ask.
  cluster({"--threshold", "0.5"});
  const json pairs =
      people({"review", "--json", "--limit", "3", "--chips", "chips"}).json()["pairs"];
  ASSERT_EQ(pairs.size(), 3u);
  for (std::size_t i = 1; i < pairs.size(); ++i) EXPECT_GE(pairs[i - 1]["gain"], pairs[i]["gain"]);
  const std::string id = pairs[0]["pair"];
  EXPECT_TRUE(fs::exists(path("chips/" + id + "-a1.png")));
  const ProgramRun yes = people({"answer", id, "yes", "--json"});
  EXPECT_EQ(yes.status, 0) << yes.err;
  EXPECT_EQ(yes.json()["settled_face_count"], pairs[0]["settles"]);
  EXPECT_EQ(yes.json()["moved_face_count"], std::min(pairs[0]["a"]["face_count"].get<int>(),
                                                     pairs[0]["b"]["face_count"].get<int>()));
  const ProgramRun no = people({"answer", id, "no"});
  EXPECT_EQ(no.status, 0) << no.err;
  EXPECT_THAT(no.err, HasSubstr("contradicts fact 1"));
  const json rest = people({"review", "--json", "--limit", "1000"}).json()["pairs"];
  for (const json& pair : rest) EXPECT_NE(pair["pair"], id);
  EXPECT_EQ(people({"answer", "12", "yes"}).status, 2);
}

TEST_F(PeopleCommandTest, ReviewSaysWhatIsLeft) {
  cluster({"--threshold", "0.5"});
  const json all = people({"review", "--json", "--limit", "1000"}).json();
  const std::size_t count = all["pairs"].size();
  ASSERT_GT(count, 2u);
  EXPECT_EQ(all["pair_count"], count);
  EXPECT_NEAR(all["expected_face_count_left"].get<double>(), 0, 1e-9);
  EXPECT_GT(all["expected_face_count"].get<double>(), 1);
  const ProgramRun two = people({"review", "--list", "--limit", "2"});
  EXPECT_THAT(two.err, AllOf(HasSubstr("2 of " + std::to_string(count) + " pairs; "),
                             HasSubstr("--limit " + std::to_string(count) + " lists all")));
}

TEST_F(PeopleCommandTest, ReviewReadsAnswersFromAPipe) {
  cluster({"--threshold", "0.5"});
  const auto review = [&](const std::string& answers) {
    return bash("printf '" + answers + "' | $FACENET people review --catalog catalog.db");
  };
  const auto facts = [&] { return people({"log", "--json"}).json()["facts"].size(); };
  const ProgramRun undone = review("y\\nu\\nn\\ns\\nwhat\\nq\\ny\\n");
  EXPECT_EQ(undone.status, 0) << undone.err;
  EXPECT_EQ(undone.out, "");
  EXPECT_EQ(facts(), 3u) << "a yes, its undoing, a no; nothing after q";
  EXPECT_THAT(undone.err,
              AllOf(HasSubstr("1 answer settled"), HasSubstr("the last answer is taken back"),
                    HasSubstr("'what' is no answer"), HasSubstr("review` goes on")));
  const ProgramRun nothing_yet = review("u\\n");
  EXPECT_EQ(nothing_yet.status, 0) << "the end of the input ends the questions";
  EXPECT_THAT(nothing_yet.err,
              AllOf(HasSubstr("nothing was answered yet"), HasSubstr("0 answers settled 0 faces")));
  EXPECT_EQ(facts(), 3u) << "what was said before stays";
  const ProgramRun listed = bash("$FACENET people review --catalog catalog.db </dev/null");
  EXPECT_THAT(listed.out, HasSubstr("one person?"));
}

TEST_F(PeopleCommandTest, ChipsThatHaveNoPlaceAreOneLine) {
  cluster({"--threshold", "0.5"});
  write("taken", "a file");
  const ProgramRun run = people({"review", "--json", "--chips", "taken/chips"});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, AllOf(HasSubstr("taken/chips: cannot make the folder"),
                             testing::Not(HasSubstr("internal error"))));
}

/// A TorchScript model has to be run before anything is known of it, by these commands, too.
TEST_F(PeopleCommandTest, AModelWithCodeInItIsLoadedBeforeItIsAskedFor) {
  write("model.pt", "no module");
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"catalog", "quality"},
                                             {"people", "review", "--json"},
                                             {"cluster", "--explain", "1", "2"},
                                             {"cluster", "--threshold", "1"}}) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.end(), {"--model", "model.pt", "--trust"});
    const ProgramRun run = with_catalog(arguments);
    EXPECT_EQ(run.status, 2) << command[0];
    EXPECT_THAT(run.err, AllOf(HasSubstr("model.pt"), testing::Not(HasSubstr("internal error"))));
  }
}

TEST_F(PeopleCommandTest, QualityNeedsNoLabels) {
  const auto simm = find_john("John_Simm");
  people({"name", simm.person, "Simm"});
  const ProgramRun run = with_catalog({"catalog", "quality", "--json"});
  ASSERT_EQ(run.status, 0) << run.err;
  const json quality = run.json();
  EXPECT_EQ(quality["named_people_count"], 1);
  EXPECT_NEAR(quality["named_share"].get<double>(),
              static_cast<double>(simm.faces) / document_["face_count"].get<double>(), 1e-9);
  EXPECT_EQ(quality["broken_fact_count"], 0);
  EXPECT_EQ(quality["last_run"]["face_count"], document_["face_count"]);
  EXPECT_GT(quality["last_run"]["peak_bytes"], 1 << 20);
  EXPECT_THAT(with_catalog({"catalog", "quality"}).out,
              AllOf(HasSubstr("names to go"), HasSubstr("churn")));
}

/// A photo as it looks in so few pixels, in its old size.
void write_mush(const std::string& photo, const std::string& to) {
  constexpr int kPixels = 12 * 12;
  write_png(to, through_pixels(PhotoFile(photo).decode(), kPixels), false);
}

TEST_F(PeopleCommandTest, WhoCannotBeRecognisedIsListedApart) {
  const std::size_t people_before = document_["people"].size();
  start_image_library();
  constexpr std::size_t kStep = 9;
  const std::vector<std::string> photos = johns();
  for (std::size_t i = 0; i < photos.size(); i += kStep)
    write_mush(test_photos() + "/" + photos[i], path("photos/mush" + std::to_string(i) + ".png"));
  const json document = cluster({"photos"}).json();
  const json& counts = document["unrecognisable_counts"];
  const int weak = counts["all"];
  const int alone = counts["with_nobody"];
  ASSERT_GE(alone, 1) << document.dump();
  EXPECT_LE(document["people"].size(), people_before + photos.size() / kStep + 1);
  int listed_weak = 0;
  for (const json& person : document["people"]) {
    int recognisable = 0;
    for (const json& face : person["faces"])
      face.contains("recognisable") ? ++listed_weak : ++recognisable;
    EXPECT_GE(recognisable, 1) << "nobody is made of such faces";
  }
  EXPECT_EQ(listed_weak, weak - alone);

  const ProgramRun list = people({"list", "--unrecognisable", "--json"});
  EXPECT_EQ(list.status, 0);
  const json apart = list.json();
  ASSERT_EQ(apart["people"].size(), static_cast<std::size_t>(alone));
  EXPECT_THAT(people({"list"}).err, HasSubstr("nobody: `facenet people list --unrecognisable`"));
  EXPECT_EQ(with_catalog({"catalog", "quality", "--json"}).json()["unrecognisable_face_count"],
            alone);

  // What is said of such a face counts.
  const Shown john = find_john("John_Salley");
  const int face = apart["people"][0]["faces"][0]["face"];
  const std::string number = std::to_string(apart["people"][0]["person"].get<int>());
  EXPECT_THAT(with_catalog({"cluster", "--explain", std::to_string(face), john.face}).out,
              HasSubstr("face " + std::to_string(face) + " is not recognisable"));
  ASSERT_EQ(people({"merge", john.person, number, "--yes"}).status, 0);
  const json after = cluster({}).json();
  EXPECT_EQ(after["unrecognisable_counts"]["with_nobody"], alone - 1);
  EXPECT_EQ(person_of_face(after["people"])[face], std::stoi(john.person));
}

TEST_F(PeopleCommandTest, WhereEverybodyCanBeRecognisedTheListIsEmpty) {
  const ProgramRun list = people({"list", "--unrecognisable"});
  EXPECT_EQ(list.status, 1);
  EXPECT_THAT(list.out, IsEmpty());
  EXPECT_THAT(list.err, HasSubstr("every face is recognisable, or with somebody"));
}

}  // namespace
}  // namespace facenet::test
