#include "web/editor.h"

#include <charconv>
#include <functional>
#include <set>
#include <vector>

#include "people/review.h"
#include "people/statements.h"

namespace facenet {
namespace {

[[noreturn]] void bad(const char* key, const char* what) {
  fail<BadEdit>("\"{}\" must be {}", key, what);
}

const WebJson& member(const WebJson& edit, const char* key, const char* what) {
  const auto found = edit.find(key);
  if (found == edit.end()) bad(key, what);
  return *found;
}

std::int64_t as_number(const WebJson& value, const char* key) {
  constexpr const char* kWhat = "the number of one that there is";
  if (!value.is_number_unsigned() && !value.is_number_integer()) bad(key, kWhat);
  const auto number = value.get<std::int64_t>();
  if (number < 1) bad(key, kWhat);
  return number;
}

std::int64_t number(const WebJson& edit, const char* key) {
  return as_number(member(edit, key, "a number"), key);
}

std::vector<std::int64_t> numbers(const WebJson& edit, const char* key) {
  const WebJson& array = member(edit, key, "an array of numbers");
  if (!array.is_array() || array.empty()) bad(key, "an array of at least one number");
  std::vector<std::int64_t> numbers;
  for (const WebJson& value : array) numbers.push_back(as_number(value, key));
  return numbers;
}

std::string text(const WebJson& edit, const char* key) {
  const WebJson& value = member(edit, key, "a text");
  if (!value.is_string()) bad(key, "a text");
  return value.get<std::string>();
}

bool flag(const WebJson& edit, const char* key) {
  const auto found = edit.find(key);
  if (found == edit.end()) return false;
  if (!found->is_boolean()) bad(key, "true or false");
  return found->get<bool>();
}

/// What an edit does, once it is known to be about people as they are.
struct Saying {
  std::set<PersonId> about{};   ///< people who must be as the sender saw them
  std::vector<FaceId> faces{};  ///< that go elsewhere
  bool is_wide = false;         ///< others may change, too
  /// Says it in the transaction of the caller; adds what else there is to tell.
  std::function<std::vector<Statement>(Catalog& catalog, WebJson& result)> say{};
};

Saying plain(std::set<PersonId> about, std::vector<FaceId> faces,
             std::function<Statement(Catalog&)> say) {
  return {.about = std::move(about),
          .faces = std::move(faces),
          .say = [say = std::move(say)](Catalog& catalog, WebJson&) {
            return std::vector{say(catalog)};
          }};
}

Saying naming(const WebJson& edit) {
  const PersonId person = number(edit, "person");
  return plain({person}, {},
               [person, name = text(edit, "name"), as_given = flag(edit, "as_given")](
                   Catalog& catalog) { return name_person(catalog, person, name, as_given); });
}

Saying merging(const WebJson& edit) {
  const PersonId kept = number(edit, "person");
  const std::vector<PersonId> others = numbers(edit, "others");
  Saying saying{.about = {others.begin(), others.end()}};
  saying.about.insert(kept);
  saying.say = [kept, others](Catalog& catalog, WebJson&) {
    std::vector<Statement> statements;
    for (const PersonId other : others) statements.push_back(merge_people(catalog, kept, other));
    return statements;
  };
  return saying;
}

std::set<PersonId> homes_of(const LibraryView& view, const std::vector<FaceId>& faces) {
  std::set<PersonId> homes;
  for (const FaceId face : faces)
    if (const PersonId home = view.person_of(face); home != 0) homes.insert(home);
  return homes;
}

Saying splitting(const WebJson& edit, const LibraryView& view) {
  const PersonId person = number(edit, "person");
  const std::vector<FaceId> faces = numbers(edit, "faces");
  std::set<PersonId> about = homes_of(view, faces);
  about.insert(person);
  return plain(about, faces,
               [person, faces](Catalog& catalog) { return split_person(catalog, person, faces); });
}

Saying moving(const WebJson& edit, const LibraryView& view) {
  const std::vector<FaceId> faces = numbers(edit, "faces");
  std::set<PersonId> about = homes_of(view, faces);
  if (edit.contains("name"))
    return plain(about, faces,
                 [faces, name = text(edit, "name"), as_given = flag(edit, "as_given")](
                     Catalog& catalog) { return name_faces(catalog, faces, name, as_given); });
  const PersonId person = number(edit, "person");
  about.insert(person);
  return plain(about, faces,
               [person, faces](Catalog& catalog) { return move_faces(catalog, faces, person); });
}

Saying rejecting(const WebJson& edit, const LibraryView& view) {
  const std::vector<FaceId> faces = numbers(edit, "faces");
  return plain(homes_of(view, faces), faces,
               [faces](Catalog& catalog) { return reject_faces(catalog, faces); });
}

Saying hiding(const WebJson& edit, bool hidden) {
  const std::vector<PersonId> people = numbers(edit, "people");
  return {.about = {people.begin(), people.end()},
          .say = [people, hidden](Catalog& catalog, WebJson&) {
            std::vector<Statement> statements;
            for (const PersonId person : people)
              statements.push_back(hide_person(catalog, person, hidden));
            return statements;
          }};
}

/// The two of "12-57", as far as it is such a text; answer_pair() says what is wrong with another.
std::set<PersonId> people_of(const std::string& pair) {
  std::set<PersonId> people;
  const char* const end = pair.data() + pair.size();
  for (const char* at = pair.data(); at < end; ++at) {
    PersonId person = 0;
    const auto [next, error] = std::from_chars(at, end, person);
    if (error != std::errc{}) return {};
    people.insert(person);
    at = next;
  }
  return people;
}

Saying answering(const WebJson& edit) {
  member(edit, "same", "true or false");
  const std::string pair = text(edit, "pair");
  return {.about = people_of(pair),
          .say = [pair, same = flag(edit, "same")](Catalog& catalog, WebJson& result) {
            const Answer answer = answer_pair(catalog, pair, same);
            result["settled_face_count"] = answer.settled_faces;
            return std::vector{answer.statement};
          }};
}

Saying saying_of(const WebJson& edit, const LibraryView& view) {
  if (!edit.is_object()) fail<BadEdit>("an edit is a JSON object");
  const std::string kind = text(edit, "kind");
  if (kind == "name") return naming(edit);
  if (kind == "merge") return merging(edit);
  if (kind == "split") return splitting(edit, view);
  if (kind == "move") return moving(edit, view);
  if (kind == "reject") return rejecting(edit, view);
  if (kind == "hide") return hiding(edit, true);
  if (kind == "unhide") return hiding(edit, false);
  if (kind == "answer") return answering(edit);
  if (kind == "same-photo")
    return plain({}, {}, [photo = number(edit, "photo")](Catalog& catalog) {
      return allow_same_photo(catalog, photo);
    });
  if (kind == "undo") {
    Saying saying = plain({}, {}, [fact = number(edit, "fact")](Catalog& catalog) {
      return undo_fact(catalog, fact);
    });
    saying.is_wide = true;
    return saying;
  }
  fail<BadEdit>("\"kind\" is none that there is: {}", kind);
}

/// How the sender saw the person; empty: they do not say.
std::string seen_state(const WebJson& edit, PersonId person) {
  const auto seen = edit.find("seen");
  if (seen == edit.end() || !seen->is_object()) return "";
  const auto state = seen->find(std::to_string(person));
  return state == seen->end() || !state->is_string() ? "" : state->get<std::string>();
}

/// Throws StaleEdit unless the sender saw all these people as they are.
void require_seen(const WebJson& edit, const std::set<PersonId>& about, const LibraryView& view) {
  WebJson changed = WebJson::array();
  for (const PersonId id : about) {
    const ViewPerson* const person = view.person(id);
    if (person == nullptr || seen_state(edit, id) != person->state)
      changed.push_back(summary_of(view, id));
  }
  if (!changed.empty()) throw StaleEdit("somebody has changed this meanwhile", std::move(changed));
}

/// Everybody of these who is not in both views as they are in the other.
WebJson differences(const LibraryView& before, const LibraryView& after,
                    const std::set<PersonId>& people) {
  WebJson changed = WebJson::array();
  for (const PersonId id : people) {
    const ViewPerson* const was = before.person(id);
    const ViewPerson* const is = after.person(id);
    if (is == nullptr ? was != nullptr : was == nullptr || was->state != is->state)
      changed.push_back(summary_of(after, id));
  }
  return changed;
}

std::set<PersonId> everybody_in(const LibraryView& a, const LibraryView& b) {
  std::set<PersonId> people;
  for (const LibraryView* const view : {&a, &b})
    for (const auto& person : view->people()) people.insert(person->id);
  return people;
}

}  // namespace

WebJson person_summary(const ViewPerson& person) {
  return {{"person", person.id},
          {"name", person.name.empty() ? WebJson(nullptr) : WebJson(person.name)},
          {"face_count", person.faces.size()},
          {"cover", person.cover == 0 ? WebJson(nullptr) : WebJson(person.cover)},
          {"hidden", person.hidden},
          {"recognisable", person.recognisable},
          {"state", person.state}};
}

WebJson summary_of(const LibraryView& view, PersonId id) {
  if (const ViewPerson* const person = view.person(id)) return person_summary(*person);
  const PersonId other = view.merged_into(id);
  return {{"person", id},
          {"gone", true},
          {"merged_into", other == 0 ? WebJson(nullptr) : WebJson(other)}};
}

Editor::Editor(const std::string& catalog) : catalog_(catalog, Catalog::Mode::kWrite) {
  look();
}

std::shared_ptr<const LibraryView> Editor::view() const {
  const std::lock_guard lock(view_mutex_);
  return view_;
}

void Editor::set_view(std::shared_ptr<const LibraryView> view) {
  {
    const std::lock_guard lock(view_mutex_);
    view_.swap(view);
  }
  changed_.notify_all();
}

Catalog& Editor::open() {
  const int opened = catalog_.opened();
  Catalog& catalog = catalog_.get();
  if (opened != catalog_.opened()) data_version_.reset();
  return catalog;
}

void Editor::refresh(const Catalog& catalog) {
  const Catalog::Snapshot snapshot(catalog);
  const std::int64_t version = catalog.data_version();
  if (version == data_version_) return;
  if (!data_version_) look_for_lost(catalog);
  const auto before = view();
  set_view(before ? std::make_shared<const LibraryView>(*before, catalog)
                  : std::make_shared<const LibraryView>(catalog, 1));
  data_version_ = version;
}

void Editor::look_for_lost(const Catalog& catalog) {
  if (said_.empty()) return;
  std::set<std::int64_t> there;
  for (const FactRecord& fact : catalog.facts()) there.insert(fact.id);
  const auto lost = std::erase_if(said_, [&](std::int64_t fact) { return !there.contains(fact); });
  const std::lock_guard lock(view_mutex_);
  lost_ += static_cast<std::int64_t>(lost);
}

WebJson Editor::apply(const WebJson& edit) {
  const std::lock_guard lock(editing_);
  Catalog& catalog = open();
  Catalog::Transaction transaction(catalog);
  refresh(catalog);  // from here on nobody else writes
  const auto before = view();
  const Saying saying = saying_of(edit, *before);
  require_seen(edit, saying.about, *before);
  WebJson result{
      {"facts", WebJson::array()}, {"moved_face_count", 0}, {"warnings", WebJson::array()}};
  std::int64_t moved = 0;
  std::set<PersonId> touched = saying.about;
  bool is_wide = saying.is_wide;
  for (const Statement& statement : saying.say(catalog, result)) {
    if (statement.fact != 0) result["facts"].push_back(statement.fact);
    moved += statement.moved_faces;
    for (const std::string& warning : statement.warnings) result["warnings"].push_back(warning);
    is_wide = is_wide || !statement.warnings.empty();  // such as an earlier answer taken back
    result["person"] = statement.person == 0 ? WebJson(nullptr) : WebJson(statement.person);
    if (statement.person != 0) touched.insert(statement.person);
  }
  for (const FaceId face : saying.faces)
    if (const auto home = catalog.person_of(face)) touched.insert(*home);
  result["moved_face_count"] = moved;
  transaction.commit();
  if (!catalog_.is_in_place())
    fail("another catalog has been put in the place of this one just now: say it again");
  catalog_.note_written();  // SQLite brings a long -wal into the file
  for (const std::int64_t fact : result["facts"]) said_.insert(fact);

  std::shared_ptr<const LibraryView> after;
  if (is_wide) {
    after = std::make_shared<const LibraryView>(*before, catalog, before->photos());
    touched = everybody_in(*before, *after);
  } else {
    after = std::make_shared<const LibraryView>(*before, catalog, touched);
  }
  set_view(after);
  result["version"] = after->version();
  result["people"] = differences(*before, *after, touched);
  return result;
}

void Editor::look() try {
  const std::lock_guard lock(editing_);
  try {
    refresh(open());
  } catch (const Error&) {
    catalog_.close();  // such as one that is damaged or of another version by now
    throw;
  }
  set_trouble("");
} catch (const Error& error) {
  set_trouble(error.what());
  throw;
}

bool Editor::settle() {
  const std::lock_guard lock(editing_);
  const Catalog& catalog = open();
  const std::int64_t before = catalog_.version();
  refresh(catalog);
  const bool settled = catalog_.settle();
  const std::int64_t version = catalog.data_version();
  if (catalog_.version() == before) data_version_ = version;  // nothing but this has changed it
  return settled;
}

std::int64_t Editor::lost() const {
  const std::lock_guard lock(view_mutex_);
  return lost_;
}

std::string Editor::trouble() const {
  const std::lock_guard lock(view_mutex_);
  return trouble_;
}

void Editor::set_trouble(const std::string& trouble) {
  const std::lock_guard lock(view_mutex_);
  trouble_ = trouble;
}

std::shared_ptr<const LibraryView> Editor::wait_for_other(std::int64_t version,
                                                          std::chrono::milliseconds most) const {
  std::unique_lock lock(view_mutex_);
  changed_.wait_for(lock, most, [&] { return view_->version() != version; });
  return view_;
}

}  // namespace facenet
