#include "exchange/import_names.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/name_form.h"
#include "exchange/added_faces.h"
#include "exchange/csv_marks.h"
#include "exchange/photo_marks.h"
#include "exchange/photos_below.h"
#include "exchange/told_names.h"
#include "people/facts.h"
#include "people/statements.h"

namespace facenet {
namespace {

/// Photos whose marks are read at a time.
constexpr std::size_t kBatch = 64;

/// Programs draw faces more or less widely. A mark means a face if they share this much, or if each
/// has the other's centre.
constexpr double kSharedPlace = 0.25;
/// Two marks of one face.
constexpr double kSameMark = 0.5;

FaceRegion place_of(const FaceRecord& face, const PhotoRecord& photo) {
  const double width = std::max(photo.width, 1);
  const double height = std::max(photo.height, 1);
  return {.x = static_cast<double>(face.x) / width,
          .y = static_cast<double>(face.y) / height,
          .width = static_cast<double>(face.width) / width,
          .height = static_cast<double>(face.height) / height};
}

bool has_centre_of(const FaceRegion& outer, const FaceRegion& inner) {
  const double x = inner.x + inner.width / 2;
  const double y = inner.y + inner.height / 2;
  return x >= outer.x && x <= outer.x + outer.width && y >= outer.y && y <= outer.y + outer.height;
}

bool may_mean(const FaceRegion& mark, const FaceRegion& face) {
  return overlap(mark, face) >= kSharedPlace ||
         (has_centre_of(mark, face) && has_centre_of(face, mark));
}

/// Marks that mean a face each.
struct Assignment {
  FaceId face = 0;  ///< below 0: one that is to be added
  std::string name, photo, file;
};

/// Who is in a photo.
struct PeopleInPhoto {
  PhotoPlace place;
  PhotoNames people;
};

/// Whose faces are, as far as it was said.
class Sayings {
 public:
  explicit Sayings(const Catalog& catalog) : knowledge_(knowledge_from(catalog.facts())) {
    for (PersonRecord& person : catalog.people()) {
      if (!person.name.empty()) people_.emplace(fold_name(person.name), person.id);
      names_.emplace(person.id, std::move(person.name));
    }
  }

  /// Empty: nobody's who has a name.
  std::string name_of(FaceId face) const {
    const auto held = knowledge_.held.find(face);
    if (held == knowledge_.held.end()) return "";
    const auto name = names_.find(held->second);
    return name == names_.end() ? "" : name->second;
  }

  /// Whether it was said that the face is not the person of this name.
  bool deny(FaceId face, const std::string& name) const {
    const auto person = people_.find(fold_name(name));
    if (person == people_.end()) return false;
    const auto is_of_person = [&](FaceId other) {
      const auto held = knowledge_.held.find(other);
      return held != knowledge_.held.end() && held->second == person->second;
    };
    return std::ranges::any_of(knowledge_.apart, [&](const FaceSeparation& apart) {
      const auto parts = [&](const std::vector<FaceId>& one, const std::vector<FaceId>& other) {
        return std::ranges::binary_search(one, face) && std::ranges::any_of(other, is_of_person);
      };
      return parts(apart.left, apart.right) || parts(apart.right, apart.left);
    });
  }

 private:
  Knowledge knowledge_;
  std::map<PersonId, std::string> names_;
  std::map<std::string, PersonId> people_;  ///< by name, folded
};

class NameImporter {
 public:
  explicit NameImporter(const NameImportOptions& options) : options_(options) {}

  void read(const PhotosBelow& photos) {
    import_.away = photos.away;
    if (options_.csv.empty())
      read_photos(photos);
    else
      read_table(photos);
    if (added_.is_any() && options_.make_analyser && !options_.dry_run) look_at_added();
    std::ranges::sort(import_.problems);
  }
  NameImport name_people(Catalog& catalog) {
    Catalog::Transaction transaction(catalog);
    const Sayings said(catalog);
    drop_what_cannot_be(catalog);
    drop_what_was_said(said);
    drop_faces_of_two_names();
    tell_faces(catalog, said);
    {
      std::optional<Catalog::Step> step;
      for (const auto& [name, faces] : by_name()) name_person_of(catalog, step, name, faces);
      if (step) import_.fact = step->first();
    }
    std::ranges::stable_sort(import_.without_face, {}, &UnusedMark::photo);
    if (!options_.dry_run) transaction.commit();
    return std::move(import_);
  }

 private:
  void look_at_added() {
    const CloseAnalyser made = options_.make_analyser();
    model_ = made.model;
    added_.look(*made.analyser, import_.problems);
  }

  void read_photos(const PhotosBelow& photos) {
    MarkReader reader(contacts());
    for (std::size_t begin = 0; begin < photos.places.size(); begin += kBatch) {
      stop_if_interrupted();
      const std::size_t end = std::min(begin + kBatch, photos.places.size());
      std::vector<std::string> paths;
      for (std::size_t i = begin; i < end; ++i) paths.push_back(photos.places[i].path);
      const std::vector<PhotoMarks> marks = reader.read(paths);
      for (std::size_t i = begin; i < end; ++i) match(photos, photos.places[i], marks[i - begin]);
      if (options_.progress)
        options_.progress(static_cast<std::int64_t>(end), std::ssize(photos.places));
    }
  }

  void read_table(const PhotosBelow& photos) {
    const CsvMarks table(options_.csv);
    for (const PhotoPlace& place : photos.places)
      match(photos, place, table.of(place.path, photos.photos.at(place.photo)));
    for (const std::string& path : table.photos_besides(photos.places))
      import_.problems.emplace_back(path, "is no photo that the catalog knows there");
  }

  /// What Picasa's lists in all folders may lack. Throws Error.
  PicasaContacts contacts() const {
    if (options_.contacts.empty()) return {};
    const std::vector<ForeignText> texts = {
        {.file = options_.contacts, .text = read_all(options_.contacts)}};
    ContactsReading reading = std::move(read_contacts_behind_walls(texts).front());
    if (!reading.error.empty()) fail("{}: {}", options_.contacts, reading.error);
    return std::move(reading.contacts);
  }

  void match(const PhotosBelow& photos, const PhotoPlace& place, PhotoMarks marks) {
    const PhotoRecord& photo = photos.photos.at(place.photo);
    const std::vector<FaceRecord>& faces = photos.faces_of(place.photo);
    import_.problems.insert(import_.problems.end(), marks.problems.begin(), marks.problems.end());
    import_.unnamed += marks.unnamed;
    for (PhotoNames& people : marks.people) people_in_photos_.push_back({place, std::move(people)});
    if (!marks.faces.empty() || !marks.people.empty()) ++import_.photos;
    if (marks.faces.empty()) return;
    settle_places(marks, faces, photo);
    std::vector<std::tuple<double, std::size_t, std::size_t>> pairs;  // -overlap, mark, face
    for (std::size_t m = 0; m < marks.faces.size(); ++m)
      for (std::size_t f = 0; f < faces.size(); ++f)
        if (const FaceRegion region = place_of(faces[f], photo);
            may_mean(marks.faces[m].region, region))
          pairs.emplace_back(-overlap(marks.faces[m].region, region), m, f);
    std::ranges::sort(pairs);
    std::vector<FaceId> meant(marks.faces.size());
    std::set<std::size_t> taken;
    for (const auto& [negative, m, f] : pairs) {
      // Another mark of the same face, perhaps by another name.
      const bool is_taken = taken.contains(f) && !marks_same_place(marks, meant, m, faces[f].id);
      if (meant[m] != 0 || is_taken) continue;
      meant[m] = faces[f].id;
      taken.insert(f);
    }
    for (std::size_t m = 0; m < meant.size(); ++m) {
      const FaceId face =
          meant[m] != 0 ? meant[m] : added_.note(place, photo, faces, marks.faces[m].region);
      note(marks, m, face);
    }
  }

  /// Of two meanings of a file's marks, that by which more of them are where faces were found.
  static void settle_places(PhotoMarks& marks, const std::vector<FaceRecord>& faces,
                            const PhotoRecord& photo) {
    const auto is_face = [&](const FaceRegion& region) {
      return std::ranges::any_of(
          faces, [&](const FaceRecord& face) { return may_mean(region, place_of(face, photo)); });
    };
    std::map<std::string, int> more_as_drawn;  // of each file
    for (const MarkedFace& mark : marks.faces)
      if (mark.as_drawn)
        more_as_drawn[mark.file] += int{is_face(*mark.as_drawn)} - int{is_face(mark.region)};
    for (MarkedFace& mark : marks.faces)
      if (mark.as_drawn && more_as_drawn[mark.file] > 0) mark.region = *mark.as_drawn;
  }

  static bool marks_same_place(const PhotoMarks& marks, const std::vector<FaceId>& meant,
                               std::size_t mark, FaceId face) {
    for (std::size_t other = 0; other < meant.size(); ++other)
      if (meant[other] == face &&
          overlap(marks.faces[other].region, marks.faces[mark].region) >= kSameMark)
        return true;
    return false;
  }

  void note(const PhotoMarks& marks, std::size_t mark, FaceId face) {
    const MarkedFace& marked = marks.faces[mark];
    const std::string name = tidy_name(marked.region.name);
    if (face == 0) {
      import_.without_face.push_back(
          {.photo = marks.photo, .name = name, .file = marked.file, .face = 0});
    } else {
      assignments_.push_back(
          {.face = face, .name = name, .photo = marks.photo, .file = marked.file});
    }
  }

  void contradict(const Assignment& assignment, std::string reason) {
    import_.contradictions.push_back({.photo = assignment.photo,
                                      .name = assignment.name,
                                      .file = assignment.file,
                                      .face = std::max<FaceId>(assignment.face, 0),
                                      .reason = std::move(reason)});
  }

  /// Marks of faces that cannot be added.
  void drop_what_cannot_be(const Catalog& catalog) {
    const std::vector<FaceId> unusable = added_.unusable(catalog);
    const auto is_unusable = [&](FaceId face) {
      return std::ranges::find(unusable, face) != unusable.end();
    };
    for (const Assignment& assignment : assignments_)
      if (is_unusable(assignment.face))
        import_.without_face.push_back({.photo = assignment.photo,
                                        .name = assignment.name,
                                        .file = assignment.file,
                                        .face = 0});
    std::erase_if(assignments_,
                  [&](const Assignment& assignment) { return is_unusable(assignment.face); });
    unusable_.insert(unusable.begin(), unusable.end());
  }

  /// Faces of which facts say that they are somebody else, or not this person.
  void drop_what_was_said(const Sayings& said) {
    std::erase_if(assignments_, [&](const Assignment& assignment) {
      const std::string name = said.name_of(assignment.face);
      if (!name.empty() && fold_name(name) != fold_name(assignment.name))
        contradict(assignment, fmt::format("you said that it is {}", name));
      else if (name.empty() && said.deny(assignment.face, assignment.name))
        contradict(assignment, fmt::format("you said that it is not {}", assignment.name));
      else
        return false;
      return true;
    });
  }

  /// Names of people in photos, where only one face can be theirs.
  void tell_faces(const Catalog& catalog, const Sayings& said) {
    std::map<FaceId, std::string> marked;
    for (const Assignment& assignment : assignments_)
      marked.emplace(assignment.face, assignment.name);
    for (const PeopleInPhoto& in_photo : people_in_photos_) {
      const PhotoId photo = in_photo.place.photo;
      std::vector<FaceToTell> faces;
      for (const FaceRecord& face : catalog.faces_of(photo)) {
        faces.push_back({.face = face.id, .name = said.name_of(face.id)});
        note_known(in_photo, faces.back());
      }
      for (const FaceId face : added_.in_photo(photo))
        if (!unusable_.contains(face)) faces.push_back({.face = face});
      for (FaceToTell& face : faces)
        if (const auto mark = marked.find(face.face); face.name.empty() && mark != marked.end())
          face.name = mark->second;
      // A face that is not to be kept may be meant as well, and one of which marks differ.
      const bool are_all = catalog.forgotten_places(catalog.photo(photo).sha256).empty() &&
                           std::ranges::none_of(faces, [&](const FaceToTell& face) {
                             return face.name.empty() && contradicted_.contains(face.face);
                           });
      note_told(in_photo, tell_names(faces, in_photo.people.names, are_all), said);
    }
  }

  /// What a file says, and facts say as well.
  void note_known(const PeopleInPhoto& in_photo, const FaceToTell& face) {
    for (const std::string& name : in_photo.people.names)
      if (!face.name.empty() && fold_name(name) == fold_name(face.name))
        assignments_.push_back({.face = face.face,
                                .name = face.name,
                                .photo = in_photo.place.path,
                                .file = in_photo.people.file});
  }

  void note_told(const PeopleInPhoto& in_photo, const ToldNames& told, const Sayings& said) {
    const PhotoNames& people = in_photo.people;
    if (told.face != 0) {
      const Assignment assignment{.face = told.face,
                                  .name = tidy_name(told.name),
                                  .photo = in_photo.place.path,
                                  .file = people.file};
      if (said.deny(told.face, told.name))
        contradict(assignment, fmt::format("you said that it is not {}", assignment.name));
      else
        assignments_.push_back(assignment);
    } else if (!told.untold.empty()) {
      import_.untold.push_back(
          {.photo = in_photo.place.path, .file = people.file, .names = told.untold});
    }
  }

  void drop_faces_of_two_names() {
    std::map<FaceId, std::set<std::string>> names;
    for (const Assignment& assignment : assignments_)
      names[assignment.face].insert(fold_name(assignment.name));
    std::erase_if(assignments_, [&](const Assignment& assignment) {
      if (names[assignment.face].size() == 1) return false;
      contradicted_.insert(assignment.face);
      contradict(assignment, "others call the same face otherwise");
      return true;
    });
  }

  /// Names that differ only in capitals are one.
  std::map<std::string, std::set<FaceId>> by_name() const {
    std::map<std::string, std::string> first_form;
    std::map<std::string, std::set<FaceId>> faces;
    for (const Assignment& assignment : assignments_) {
      const auto [form, fresh] = first_form.emplace(fold_name(assignment.name), assignment.name);
      faces[form->second].insert(assignment.face);
    }
    return faces;
  }

  void name_person_of(Catalog& catalog, std::optional<Catalog::Step>& step, const std::string& name,
                      const std::set<FaceId>& faces) {
    const bool is_first = !step;
    try {
      Catalog::Transaction transaction(catalog);
      // Of a number there need be nobody, so that the name is refused below.
      const PersonId person = reads_as_number(name) ? 0 : find_named(catalog, name).value_or(0);
      ImportedName result{.name = name, .person = person, .is_new = person == 0};
      std::vector<FaceId> others;
      for (const FaceId face : faces) {
        const bool is_added = AddedFaces::is_added(face);
        const FaceId known = is_added ? added_.store(catalog, model_, face) : face;
        result.added += int{is_added};
        if (person == 0 || catalog.person_of(known) != person) others.push_back(known);
      }
      result.named = std::ssize(others);
      result.known = std::ssize(faces) - result.named;
      if (!others.empty()) {
        if (!step) step.emplace(catalog, FactRecord{.kind = fact_kind::kImport});
        const Statement said =
            person == 0 ? name_faces(catalog, others, name) : move_faces(catalog, others, person);
        result.person = said.person;
        result.fact = said.fact;
        import_.warnings.insert(import_.warnings.end(), said.warnings.begin(), said.warnings.end());
      }
      transaction.commit();
      import_.names.push_back(std::move(result));
    } catch (const Interrupted&) {
      throw;
    } catch (const Error& error) {
      if (is_first) step.reset();
      for (const Assignment& assignment : assignments_)
        if (fold_name(assignment.name) == fold_name(name)) contradict(assignment, error.what());
    }
  }

  const NameImportOptions& options_;
  NameImport import_;
  std::vector<Assignment> assignments_;
  std::vector<PeopleInPhoto> people_in_photos_;
  AddedFaces added_;
  ModelId model_ = 0;              ///< of their vectors
  std::set<FaceId> unusable_;      ///< of those to be added
  std::set<FaceId> contradicted_;  ///< whose marks differ
};

}  // namespace

NameImport import_names(const std::string& catalog_path, const NameImportOptions& options) {
  NameImporter importer(options);
  importer.read(photos_below(catalog_path, options.paths, /*all=*/true));
  Catalog catalog(catalog_path, Catalog::Mode::kWrite);
  return importer.name_people(catalog);
}

}  // namespace facenet
