// What may be said of people, in any order, against a model in plain C++: a map from faces to
// people, names, and the stack of what was before.
#include "people/facts.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "base/error.h"
#include "base/format.h"
#include "people/partition.h"
#include "people/statements.h"
#include "test/catalog/fixture.h"
#include "test/fuzz/fuzz.h"

using namespace facenet;

namespace {

constexpr int kFaces = 12;
constexpr std::size_t kPeople = 4;

/// All that a user sees of people.
struct View {
  std::map<FaceId, PersonId> homes;
  std::map<PersonId, std::pair<std::string, bool>> people;  ///< name, hidden; of those with any

  friend bool operator==(const View&, const View&) = default;
};

View view_of(const Catalog& catalog) {
  View view{.homes = catalog.memberships(), .people = {}};
  for (const PersonRecord& person : catalog.people())
    if (!person.name.empty() || person.hidden)
      view.people[person.id] = {person.name, person.hidden};
  return view;
}

class Story {
 public:
  explicit Story(const std::string& path) : catalog_(path, Catalog::Mode::kCreate) {
    std::vector<std::pair<FaceId, PersonId>> homes;
    std::vector<PersonId> people;
    for (std::size_t i = 0; i < kPeople; ++i) people.push_back(catalog_.add_person());
    for (int i = 0; i < kFaces; ++i) {
      std::vector<FaceId> ids;
      catalog_.add_photo(make_photo(i), std::vector{make_face(1, 1)}, &ids);
      homes.emplace_back(ids[0], people[static_cast<std::size_t>(i) % kPeople]);
    }
    catalog_.set_memberships(homes);
  }

  void go_on(fuzz::Choices& choices);
  Catalog& catalog() { return catalog_; }
  void forget_the_past() { before_.clear(); }

 private:
  FaceId any_face(fuzz::Choices& choices) const {
    return static_cast<FaceId>(1 + choices.below(kFaces));
  }
  PersonId any_person(fuzz::Choices& choices) const {
    return catalog_.memberships().at(any_face(choices));
  }
  std::vector<FaceId> any_faces(fuzz::Choices& choices) const {
    std::set<FaceId> faces;
    const std::size_t count = 1 + choices.below(3);
    for (std::size_t i = 0; i < count; ++i) faces.insert(any_face(choices));
    return {faces.begin(), faces.end()};
  }

  /// Says it, and holds what it did against what `change` makes of the view before. What is refused
  /// changes nothing, and undoing leads back.
  void say(const std::function<Statement()>& statement,
           const std::function<void(View&, const Statement&)>& change);
  void name(fuzz::Choices& choices);
  void merge(fuzz::Choices& choices);
  void split(fuzz::Choices& choices);
  void move(fuzz::Choices& choices);
  void reject(fuzz::Choices& choices);
  void undo(fuzz::Choices& choices);

  Catalog catalog_;
  std::vector<View> before_;  ///< each fact that counts and that nothing but facts followed
};

void Story::say(const std::function<Statement()>& statement,
                const std::function<void(View&, const Statement&)>& change) {
  const View before = view_of(catalog_);
  Statement said;
  try {
    said = statement();
  } catch (const Error& error) {
    fuzz::expect_message(error);
    FUZZ_EXPECT(view_of(catalog_) == before);
    return;
  }
  View expected = before;
  if (said.fact != 0) {
    change(expected, said);
    before_.push_back(before);
  }
  FUZZ_EXPECT(view_of(catalog_).homes == expected.homes);
}

void Story::name(fuzz::Choices& choices) {
  const PersonId person = any_person(choices);
  const std::string name = choices.text();
  say([&] { return name_person(catalog_, person, name); }, [](View&, const Statement&) {});
}

void Story::merge(fuzz::Choices& choices) {
  const PersonId kept = any_person(choices);
  const PersonId absorbed = any_person(choices);
  say([&] { return merge_people(catalog_, kept, absorbed); },
      [&](View& view, const Statement&) {
        for (auto& [face, home] : view.homes)
          if (home == absorbed) home = kept;
      });
}

void Story::split(fuzz::Choices& choices) {
  const std::vector<FaceId> faces = any_faces(choices);
  const PersonId person = catalog_.memberships().at(faces[0]);
  say([&] { return split_person(catalog_, person, faces); },
      [&](View& view, const Statement& said) {
        FUZZ_EXPECT(std::ranges::count(view.homes, said.person,
                                       &std::pair<const FaceId, PersonId>::second) == 0);
        for (const FaceId face : faces) {
          FUZZ_EXPECT(view.homes.at(face) == person);
          view.homes.at(face) = said.person;
        }
      });
}

void Story::move(fuzz::Choices& choices) {
  const std::vector<FaceId> faces = any_faces(choices);
  const PersonId person = any_person(choices);
  say([&] { return move_faces(catalog_, faces, person); },
      [&](View& view, const Statement&) {
        for (const FaceId face : faces) view.homes.at(face) = person;
      });
}

void Story::reject(fuzz::Choices& choices) {
  const std::vector<FaceId> faces = any_faces(choices);
  const View before = view_of(catalog_);
  say([&] { return reject_faces(catalog_, faces); },
      [&](View& view, const Statement&) {
        // Each is a person of its own, of a number that nobody can know before.
        const auto now = catalog_.memberships();
        for (const FaceId face : faces) {
          FUZZ_EXPECT(now.at(face) != before.homes.at(face));
          FUZZ_EXPECT(std::ranges::count(now, now.at(face),
                                         &std::pair<const FaceId, PersonId>::second) == 1);
          view.homes.at(face) = now.at(face);
        }
      });
}

void Story::undo(fuzz::Choices& choices) {
  const auto facts = static_cast<std::int64_t>(catalog_.facts().size());
  const bool is_last = choices.below(2) == 0;
  const View before = view_of(catalog_);
  try {
    if (is_last)
      undo_fact(catalog_, {});
    else
      undo_fact(catalog_, static_cast<std::int64_t>(choices.below(24)) + 1);
  } catch (const Error& error) {
    fuzz::expect_message(error);
    FUZZ_EXPECT(view_of(catalog_) == before);
    return;
  }
  FUZZ_EXPECT(static_cast<std::int64_t>(catalog_.facts().size()) == facts + 1);
  if (is_last && !before_.empty()) {
    FUZZ_EXPECT(view_of(catalog_) == before_.back());
    before_.pop_back();
  } else {
    before_.clear();  // an earlier one, or bringing one back, makes another history
  }
}

void Story::go_on(fuzz::Choices& choices) {
  switch (choices.below(9)) {
    case 0:
      return name(choices);
    case 1:
      return merge(choices);
    case 2:
      return split(choices);
    case 3:
      return move(choices);
    case 4:
      return reject(choices);
    case 5:
      return undo(choices);
    case 6: {
      const PersonId person = any_person(choices);
      const PersonId other = any_person(choices);
      return say([&] { return tell_apart(catalog_, person, other); },
                 [](View&, const Statement&) {});
    }
    case 7: {
      const PersonId person = any_person(choices);
      const bool hidden = choices.below(2) == 0;
      return say([&] { return hide_person(catalog_, person, hidden); },
                 [](View&, const Statement&) {});
    }
    default: {
      const std::vector<FaceId> faces = any_faces(choices);
      const std::string name = choices.text();
      return say([&] { return name_faces(catalog_, faces, name); },
                 [&](View& view, const Statement& said) {
                   for (const FaceId face : faces) view.homes.at(face) = said.person;
                 });
    }
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool in_memory =
      std::filesystem::exists("/dev/shm") && ::setenv("TMPDIR", "/dev/shm", 0) == 0;
  static_cast<void>(in_memory);
  static const TemporaryFolder folder;
  static Story story(folder.path("catalog.db"));
  constexpr int kMostSteps = 40;
  fuzz::Choices choices({data, size});
  // Every story begins with the same catalog: the transaction is never committed.
  const Catalog::Transaction undone(story.catalog());
  story.forget_the_past();
  for (int step = 0; step < kMostSteps && !choices.at_end(); ++step) story.go_on(choices);
  FUZZ_EXPECT(broken_facts(story.catalog()).empty());
  FUZZ_EXPECT(story.catalog().check().empty());
  FUZZ_EXPECT(story.catalog().memberships().size() == kFaces);
  return 0;
}
