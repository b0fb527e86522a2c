#include "web/editor.h"

#include <filesystem>
#include <fstream>
#include <ranges>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "people/statements.h"
#include "test/people/album.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Three people: of three faces, of two, and of one.
class EditorTest : public AlbumTest {
 protected:
  void SetUp() override {
    for (int photo = 1; photo <= 6; ++photo) faces_.push_back(add_photo(photo, 1).front());
    regroup({{faces_[0], faces_[1], faces_[2]}, {faces_[3], faces_[4]}, {faces_[5]}});
    for (const FaceId face : {faces_[0], faces_[3], faces_[5]}) people_.push_back(person_of(face));
    editor_.emplace(file());
  }

  std::string state(PersonId person) const { return editor_->view()->person(person)->state; }
  WebJson seen(const std::vector<PersonId>& people) const {
    WebJson seen = WebJson::object();
    for (const PersonId person : people) seen[std::to_string(person)] = state(person);
    return seen;
  }
  /// What the editor knows afterwards must be what is there.
  WebJson apply(WebJson edit, const std::vector<PersonId>& about) {
    edit["seen"] = seen(about);
    WebJson result = editor_->apply(edit);
    const LibraryView fresh(catalog_, 0);
    EXPECT_EQ(states_of(*editor_->view()), states_of(fresh)) << edit;
    for (const FaceId face : faces_)
      EXPECT_EQ(editor_->view()->person_of(face), fresh.person_of(face)) << edit;
    return result;
  }
  static std::vector<std::tuple<PersonId, std::string, FaceId>> states_of(const LibraryView& view) {
    std::vector<std::tuple<PersonId, std::string, FaceId>> states;
    for (const auto& person : view.people())
      states.emplace_back(person->id, person->state, person->cover);
    return states;
  }
  std::string refusal(const WebJson& edit) {
    try {
      editor_->apply(edit);
      return "none";
    } catch (const StaleEdit&) {
      return "stale";
    } catch (const Error& error) {
      return error.what();
    }
  }

  std::vector<FaceId> faces_;
  std::vector<PersonId> people_;
  std::optional<Editor> editor_;
};

TEST_F(EditorTest, SaysWhatThePageSays) {
  const auto [big, pair, single] = std::tuple(people_[0], people_[1], people_[2]);
  EXPECT_EQ(apply({{"kind", "name"}, {"person", big}, {"name", "Anna"}}, {big})["facts"].size(),
            1U);
  EXPECT_EQ(name_of(big), "Anna");
  EXPECT_EQ(apply({{"kind", "merge"}, {"person", big}, {"others", {pair}}},
                  {big, pair})["moved_face_count"],
            2);
  EXPECT_EQ(person_of(faces_[3]), big);
  const WebJson split = apply({{"kind", "split"}, {"person", big}, {"faces", {faces_[3]}}}, {big});
  const auto other = split["person"].get<PersonId>();
  EXPECT_EQ(person_of(faces_[3]), other);
  apply({{"kind", "move"}, {"faces", {faces_[4]}}, {"person", other}}, {big, other});
  EXPECT_EQ(person_of(faces_[4]), other);
  apply({{"kind", "move"}, {"faces", {faces_[2]}}, {"name", "Ben"}}, {big});
  EXPECT_EQ(name_of(person_of(faces_[2])), "Ben");
  apply({{"kind", "reject"}, {"faces", {faces_[1]}}}, {big});
  EXPECT_NE(person_of(faces_[1]), big);
  apply({{"kind", "hide"}, {"people", {single, other}}}, {single, other});
  EXPECT_TRUE(editor_->view()->person(single)->hidden);
  const WebJson shown = apply({{"kind", "unhide"}, {"people", {single}}}, {single});
  EXPECT_FALSE(editor_->view()->person(single)->hidden);
  apply({{"kind", "undo"}, {"fact", shown["facts"][0]}}, {});
  EXPECT_TRUE(editor_->view()->person(single)->hidden);
}

TEST_F(EditorTest, AfterAnUndoAllIsAsItWas) {
  const auto [big, pair, single] = std::tuple(people_[0], people_[1], people_[2]);
  apply({{"kind", "name"}, {"person", big}, {"name", "Anna"}}, {big});
  const std::string question = std::to_string(pair) + "-" + std::to_string(single);
  const std::vector<WebJson> edits = {
      {{"kind", "name"}, {"person", big}, {"name", "Berta"}},
      {{"kind", "name"}, {"person", big}, {"name", ""}},
      {{"kind", "merge"}, {"person", big}, {"others", {pair, single}}},
      {{"kind", "split"}, {"person", big}, {"faces", {faces_[0], faces_[2]}}},
      {{"kind", "move"}, {"faces", {faces_[1]}}, {"person", pair}},
      {{"kind", "move"}, {"faces", {faces_[1]}}, {"name", "Cleo"}},
      {{"kind", "reject"}, {"faces", {faces_[0]}}},
      {{"kind", "hide"}, {"people", {big, single}}},
      {{"kind", "answer"}, {"pair", question}, {"same", true}},
      {{"kind", "answer"}, {"pair", question}, {"same", false}}};
  const auto before = states_of(*editor_->view());
  for (const WebJson& edit : edits) {
    const auto facts = apply(edit, people_)["facts"].get<std::vector<std::int64_t>>();
    EXPECT_FALSE(facts.empty()) << edit;
    for (const std::int64_t fact : facts | std::views::reverse)
      apply({{"kind", "undo"}, {"fact", fact}}, {});
    EXPECT_EQ(states_of(*editor_->view()), before) << edit;
  }
}

TEST_F(EditorTest, AnAnswerIsRefusedOnceItsPeopleHaveChanged) {
  const std::string pair = std::to_string(people_[0]) + "-" + std::to_string(people_[1]);
  const WebJson no =
      apply({{"kind", "answer"}, {"pair", pair}, {"same", false}}, {people_[0], people_[1]});
  EXPECT_EQ(no["settled_face_count"], 2);
  const WebJson before = seen({people_[0], people_[1]});
  apply({{"kind", "name"}, {"person", people_[0]}, {"name", "Anna"}}, {people_[0]});
  EXPECT_EQ(refusal({{"kind", "answer"}, {"pair", pair}, {"same", true}, {"seen", before}}),
            "stale");
}

TEST_F(EditorTest, SaysTheSameAfterVeryManyEdits) {
  // Enough that what earlier views have is left behind.
  LibraryView view(catalog_, 1);
  const std::string state = view.person(people_[0])->state;
  for (int i = 0; i < 40'000; ++i) view = LibraryView(view, catalog_, {people_[0]});
  EXPECT_EQ(view.person(people_[0])->state, state);
  EXPECT_EQ(states_of(view), states_of(LibraryView(catalog_, 1)));
  EXPECT_THAT(view.changed_since(2), testing::Optional(ElementsAre(people_[0])));
}

TEST_F(EditorTest, TellsWhoHasChanged) {
  const WebJson result =
      apply({{"kind", "merge"}, {"person", people_[0]}, {"others", {people_[1]}}},
            {people_[0], people_[1]});
  ASSERT_EQ(result["people"].size(), 2U);
  EXPECT_EQ(result["people"][0]["person"], people_[0]);
  EXPECT_EQ(result["people"][0]["face_count"], 5);
  EXPECT_EQ(result["people"][1]["person"], people_[1]);
  EXPECT_EQ(result["people"][1]["gone"], true);
  EXPECT_EQ(result["people"][1]["merged_into"], people_[0]);
}

TEST_F(EditorTest, SeveralStatementsAreOneOrNone) {
  name_person(catalog_, people_[0], "Anna");
  name_person(catalog_, people_[1], "Ben");
  editor_->look();
  const auto facts = catalog_.facts().size();
  // The last of the three cannot be merged with itself.
  EXPECT_THAT(refusal({{"kind", "merge"},
                       {"person", people_[0]},
                       {"others", {people_[1], people_[2], people_[0]}},
                       {"seen", seen(people_)}}),
              HasSubstr("cannot be merged with itself"));
  EXPECT_EQ(catalog_.facts().size(), facts);
  EXPECT_EQ(editor_->view()->person(people_[1])->name, "Ben");
}

TEST_F(EditorTest, AnEditOfWhatOthersHaveChangedIsRefused) {
  const WebJson before = seen({people_[0], people_[1]});
  name_person(catalog_, people_[0], "Anna");  // by another process, as far as the editor knows
  const WebJson edit{{"kind", "name"}, {"person", people_[0]}, {"name", "Berta"}, {"seen", before}};
  try {
    editor_->apply(edit);
    FAIL() << "a stale edit was taken";
  } catch (const StaleEdit& stale) {
    ASSERT_EQ(stale.changed().size(), 1U);
    EXPECT_EQ(stale.changed()[0]["name"], "Anna");
  }
  EXPECT_EQ(name_of(people_[0]), "Anna");
  // Of somebody else nothing has changed.
  editor_->apply({{"kind", "name"}, {"person", people_[1]}, {"name", "Ben"}, {"seen", before}});
  EXPECT_EQ(name_of(people_[1]), "Ben");
}

TEST_F(EditorTest, AFaceThatHasMovedIsNotMovedAgain) {
  const WebJson before = seen(people_);
  move_faces(catalog_, std::vector{faces_[0]}, people_[1]);
  EXPECT_EQ(
      refusal(
          {{"kind", "split"}, {"person", people_[0]}, {"faces", {faces_[0]}}, {"seen", before}}),
      "stale");
  EXPECT_EQ(refusal({{"kind", "reject"}, {"faces", {faces_[0]}}, {"seen", before}}), "stale");
  EXPECT_EQ(refusal({{"kind", "move"}, {"faces", {faces_[0]}}, {"name", "X"}, {"seen", before}}),
            "stale");
}

TEST_F(EditorTest, WhoDoesNotSayWhatTheySawIsTold) {
  const WebJson edit{{"kind", "hide"}, {"people", {people_[0]}}};
  EXPECT_EQ(refusal(edit), "stale");
  for (const WebJson& seen : {WebJson(nullptr), WebJson(3), WebJson::array(), WebJson{{"1", 2}}}) {
    WebJson with = edit;
    with["seen"] = seen;
    EXPECT_EQ(refusal(with), "stale") << seen;
  }
}

TEST_F(EditorTest, EditsThatMakeNoSenseAreRefused) {
  EXPECT_THAT(refusal(WebJson::array()), HasSubstr("is a JSON object"));
  EXPECT_THAT(refusal({{"kind", 3}}), HasSubstr("\"kind\" must be"));
  EXPECT_THAT(refusal({{"kind", "drop"}}), HasSubstr("none that there is"));
  EXPECT_THAT(refusal({{"kind", "name"}, {"person", -1}, {"name", "x"}}), HasSubstr("\"person\""));
  EXPECT_THAT(refusal({{"kind", "name"}, {"person", 1.5}, {"name", "x"}}), HasSubstr("\"person\""));
  EXPECT_THAT(refusal({{"kind", "name"}, {"person", 18446744073709551615ULL}, {"name", "x"}}),
              HasSubstr("\"person\""));
  EXPECT_THAT(refusal({{"kind", "name"}, {"person", people_[0]}}), HasSubstr("\"name\""));
  EXPECT_THAT(refusal({{"kind", "merge"}, {"person", 1}, {"others", WebJson::array()}}),
              HasSubstr("\"others\""));
  EXPECT_THAT(refusal({{"kind", "answer"}, {"pair", "1-2"}, {"same", "yes"}}),
              HasSubstr("\"same\""));
  EXPECT_THAT(refusal({{"kind", "answer"}, {"pair", "what"}, {"same", true}}),
              HasSubstr("no pair"));
  EXPECT_THAT(refusal({{"kind", "undo"}, {"fact", 99}}), HasSubstr("99"));
  EXPECT_EQ(refusal({{"kind", "hide"}, {"people", {999}}}), "stale");
}

TEST_F(EditorTest, SeesWhatOthersSayAndWhoTheyFind) {
  const auto version = editor_->view()->version();
  editor_->look();
  EXPECT_EQ(editor_->view()->version(), version);
  const FaceId fresh = add_photo(7, 1).front();
  regroup({{faces_[0], faces_[1], faces_[2]}, {faces_[3], faces_[4]}, {faces_[5], fresh}});
  EXPECT_EQ(editor_->view()->version(), version);
  editor_->look();
  EXPECT_GT(editor_->view()->version(), version);
  EXPECT_THAT(editor_->view()->person(people_[2])->faces, ElementsAre(faces_[5], fresh));
}

TEST_F(EditorTest, AnotherCatalogInItsPlaceIsTheOneThatIsEdited) {
  const std::string other = folder_.path("other.db");
  {
    Catalog made(other, Catalog::Mode::kCreate);
    const PhotoId photo = made.add_photo(make_photo(1), std::vector{make_face(1, 1)}, nullptr);
    made.put_path({.path = "/1.jpg", .photo = photo});
  }
  const WebJson before = seen({people_[0]});
  for (const char* const ending : {"-wal", "-shm"}) std::filesystem::remove(file() + ending);
  std::filesystem::rename(other, file());
  EXPECT_EQ(refusal({{"kind", "name"}, {"person", people_[0]}, {"name", "Anna"}, {"seen", before}}),
            "stale");
  EXPECT_TRUE(editor_->view()->people().empty());
}

TEST_F(EditorTest, ACopyThatIsWrittenOverTheOpenFileIsTheOneThatIsEdited) {
  apply({{"kind", "name"}, {"person", people_[0]}, {"name", "Anna"}}, {people_[0]});
  ASSERT_TRUE(editor_->settle());
  const std::string copy = folder_.path("copy.db");
  std::filesystem::copy_file(file(), copy);
  const WebJson before = seen({people_[0], people_[1]});
  apply({{"kind", "name"}, {"person", people_[0]}, {"name", "Berta"}}, {people_[0]});
  apply({{"kind", "merge"}, {"person", people_[0]}, {"others", {people_[1]}}},
        {people_[0], people_[1]});
  ASSERT_TRUE(editor_->settle());
  const WebJson stale = seen({people_[0]});
  // As `cp` does it: the file stays the same, and so do those beside it.
  std::filesystem::copy_file(copy, file(), std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(editor_->lost(), 0);
  EXPECT_EQ(refusal({{"kind", "hide"}, {"people", {people_[0]}}, {"seen", stale}}), "stale");
  EXPECT_EQ(editor_->lost(), 2);
  EXPECT_EQ(editor_->view()->person(people_[0])->name, "Anna");
  EXPECT_EQ(seen({people_[0], people_[1]}), before);
  editor_->apply({{"kind", "hide"}, {"people", {people_[0]}}, {"seen", before}});
  ASSERT_TRUE(editor_->settle());
  EXPECT_EQ(editor_->lost(), 2);
  editor_.reset();
  Catalog there(file(), Catalog::Mode::kWrite);
  EXPECT_THAT(there.check(), testing::IsEmpty());
  EXPECT_TRUE(there.person(people_[0])->hidden);
  EXPECT_EQ(there.person(people_[0])->name, "Anna");
}

TEST_F(EditorTest, SettlingIsNoChange) {
  apply({{"kind", "name"}, {"person", people_[0]}, {"name", "Anna"}}, {people_[0]});
  const auto version = editor_->view()->version();
  EXPECT_TRUE(editor_->settle());
  EXPECT_EQ(std::filesystem::file_size(file() + "-wal"), 0U);
  editor_->look();
  EXPECT_EQ(editor_->view()->version(), version);
  name_person(catalog_, people_[1], "Berta");
  EXPECT_TRUE(editor_->settle());
  EXPECT_EQ(editor_->view()->person(people_[1])->name, "Berta") << "what others say is seen";
  {
    const Catalog::Transaction other(catalog_);
    name_person(catalog_, people_[2], "Cleo");
    EXPECT_NO_THROW(editor_->settle());
  }
  apply({{"kind", "hide"}, {"people", {people_[2]}}}, {people_[2]});
}

TEST_F(EditorTest, KnowsWhoHasChangedSince) {
  using testing::Optional;
  using testing::UnorderedElementsAre;
  const auto [big, pair, single] = std::tuple(people_[0], people_[1], people_[2]);
  const std::int64_t start = editor_->view()->version();
  EXPECT_THAT(editor_->view()->changed_since(start), Optional(testing::IsEmpty()));
  name_person(catalog_, big, "Anna");
  editor_->look();
  const std::int64_t named = editor_->view()->version();
  EXPECT_THAT(editor_->view()->changed_since(start), Optional(ElementsAre(big)));
  apply({{"kind", "merge"}, {"person", big}, {"others", {pair}}}, {big, pair});
  EXPECT_THAT(editor_->view()->changed_since(named), Optional(UnorderedElementsAre(big, pair)));
  hide_person(catalog_, single, true);
  editor_->look();
  EXPECT_THAT(editor_->view()->changed_since(start),
              Optional(UnorderedElementsAre(big, pair, single)));
  EXPECT_THAT(editor_->view()->changed_since(editor_->view()->version() - 1),
              Optional(ElementsAre(single)));
  // Who was gone and is there again is no longer gone.
  undo_fact(catalog_, 2);
  editor_->look();
  EXPECT_NE(editor_->view()->person(pair), nullptr);
  EXPECT_THAT(editor_->view()->changed_since(start),
              Optional(UnorderedElementsAre(big, pair, single)));
  EXPECT_EQ(editor_->view()->changed_since(start - 1), std::nullopt) << "before the first view";
  EXPECT_EQ(editor_->view()->changed_since(editor_->view()->version() + 1), std::nullopt)
      << "of another run";
}

TEST_F(EditorTest, ACatalogThatANewerFacenetHasTakenOverIsLeftAlone) {
  const auto view = editor_->view();
  const std::string version = RawDatabase(file()).value("PRAGMA user_version");
  RawDatabase(file()).execute("PRAGMA user_version = 99");
  EXPECT_THAT(refusal({{"kind", "hide"}, {"people", {people_[0]}}, {"seen", seen({people_[0]})}}),
              HasSubstr("another facenet has changed it meanwhile (to version 99"));
  EXPECT_THROW(editor_->look(), Error);
  EXPECT_THROW(editor_->look(), Error) << "opened anew";
  EXPECT_THAT(editor_->trouble(), HasSubstr("was made by a newer facenet"));
  EXPECT_EQ(editor_->view(), view) << "what is known stays to be seen";
  RawDatabase(file()).execute("PRAGMA user_version = " + version);
  EXPECT_NO_THROW(editor_->look());
  EXPECT_EQ(editor_->trouble(), "");
  apply({{"kind", "hide"}, {"people", {people_[0]}}}, {people_[0]});
}

TEST_F(EditorTest, ADamagedOrMissingCatalogIsSaidAndTheNextOneIsTaken) {
  RawDatabase(file()).execute("PRAGMA wal_checkpoint(TRUNCATE)");
  const std::string away = file() + ".away";
  std::filesystem::rename(file(), away);
  EXPECT_THROW(editor_->look(), Error);
  EXPECT_THAT(refusal({{"kind", "hide"}, {"people", {people_[0]}}, {"seen", seen({people_[0]})}}),
              HasSubstr("catalog"));
  std::ofstream(file()) << std::string(4096, 'x');
  EXPECT_THROW(editor_->look(), Error);
  EXPECT_THAT(editor_->trouble(), HasSubstr(file()));
  std::filesystem::rename(away, file());
  EXPECT_NO_THROW(editor_->look());
  EXPECT_EQ(editor_->view()->people().size(), 3U);
}

TEST_F(EditorTest, ThePersonsStateDependsOnTheirFacesTheirNameAndWhetherTheyAreHidden) {
  std::set<std::string> states = {state(people_[0])};
  apply({{"kind", "name"}, {"person", people_[0]}, {"name", "Anna"}}, {people_[0]});
  EXPECT_TRUE(states.insert(state(people_[0])).second);
  apply({{"kind", "hide"}, {"people", {people_[0]}}}, {people_[0]});
  EXPECT_TRUE(states.insert(state(people_[0])).second);
  const std::string other = state(people_[1]);
  apply({{"kind", "move"}, {"faces", {faces_[5]}}, {"person", people_[0]}},
        {people_[0], people_[2]});
  EXPECT_TRUE(states.insert(state(people_[0])).second);
  EXPECT_EQ(state(people_[1]), other);
}

TEST_F(EditorTest, ListsPeopleAsTheCommandLineDoes) {
  set_missing(1, true);
  name_person(catalog_, people_[2], "Zoe");
  set_missing(6, true);
  catalog_.set_unrecognisable(std::vector{faces_[3], faces_[4]});
  editor_->look();
  const PeopleList list = list_people(catalog_, 1, true);
  std::vector<std::pair<PersonId, std::size_t>> expected;
  for (const Person& person : list.people) expected.emplace_back(person.id, person.faces.size());
  for (const Person& person : list.unrecognisable)
    expected.emplace_back(person.id, person.faces.size());
  std::vector<std::pair<PersonId, std::size_t>> shown;
  for (const auto& person : editor_->view()->people())
    shown.emplace_back(person->id, person->faces.size());
  EXPECT_EQ(shown, expected);
  EXPECT_FALSE(editor_->view()->person(people_[1])->recognisable);
}

}  // namespace
}  // namespace facenet
