#include "exchange/import_names.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/name_form.h"
#include "exchange/csv_marks.h"
#include "exchange/photo_marks.h"
#include "exchange/photos_below.h"
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
  FaceId face = 0;
  std::string name, photo, file;
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
    std::ranges::sort(import_.problems);
  }
  NameImport name_people(Catalog& catalog) {
    Catalog::Transaction transaction(catalog);
    drop_what_was_said(catalog);
    drop_faces_of_two_names();
    for (const auto& [name, faces] : by_name()) name_person_of(catalog, name, faces);
    if (!options_.dry_run) transaction.commit();
    return std::move(import_);
  }

 private:
  void read_photos(const PhotosBelow& photos) {
    for (std::size_t begin = 0; begin < photos.places.size(); begin += kBatch) {
      stop_if_interrupted();
      const std::size_t end = std::min(begin + kBatch, photos.places.size());
      std::vector<std::string> paths;
      for (std::size_t i = begin; i < end; ++i) paths.push_back(photos.places[i].path);
      const std::vector<PhotoMarks> marks = read_marks(paths);
      for (std::size_t i = begin; i < end; ++i) {
        const PhotoId photo = photos.places[i].photo;
        match(photos.photos.at(photo), photos.faces.at(photo), marks[i - begin]);
      }
      if (options_.progress)
        options_.progress(static_cast<std::int64_t>(end), std::ssize(photos.places));
    }
  }

  void read_table(const PhotosBelow& photos) {
    const CsvMarks table(options_.csv);
    for (const PhotoPlace& place : photos.places) {
      const PhotoRecord& photo = photos.photos.at(place.photo);
      match(photo, photos.faces.at(place.photo), table.of(place.path, photo));
    }
    for (const std::string& path : table.photos_besides(photos.places))
      import_.problems.emplace_back(path, "is no photo with faces that the catalog knows there");
  }

  void match(const PhotoRecord& photo, const std::vector<FaceRecord>& faces, PhotoMarks marks) {
    import_.problems.insert(import_.problems.end(), marks.problems.begin(), marks.problems.end());
    import_.unnamed += marks.unnamed;
    if (marks.faces.empty()) return;
    ++import_.photos;
    settle_places(marks, faces, photo);
    std::vector<std::tuple<double, std::size_t, std::size_t>> pairs;  // -overlap, mark, face
    for (std::size_t m = 0; m < marks.faces.size(); ++m)
      for (std::size_t f = 0; f < faces.size(); ++f)
        if (const FaceRegion place = place_of(faces[f], photo);
            may_mean(marks.faces[m].region, place))
          pairs.emplace_back(-overlap(marks.faces[m].region, place), m, f);
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
    for (std::size_t m = 0; m < meant.size(); ++m) note(marks, m, meant[m]);
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
                                      .face = assignment.face,
                                      .reason = std::move(reason)});
  }

  /// Faces that facts hold with a person of another name.
  void drop_what_was_said(const Catalog& catalog) {
    const Knowledge knowledge = knowledge_from(catalog.facts());
    std::map<PersonId, std::string> names;
    for (const PersonRecord& person : catalog.people()) names[person.id] = person.name;
    std::erase_if(assignments_, [&](const Assignment& assignment) {
      const auto held = knowledge.held.find(assignment.face);
      if (held == knowledge.held.end()) return false;
      const std::string& said = names[held->second];
      if (said.empty() || fold_name(said) == fold_name(assignment.name)) return false;
      contradict(assignment, fmt::format("you said that it is {}", said));
      return true;
    });
  }

  void drop_faces_of_two_names() {
    std::map<FaceId, std::set<std::string>> names;
    for (const Assignment& assignment : assignments_)
      names[assignment.face].insert(fold_name(assignment.name));
    std::erase_if(assignments_, [&](const Assignment& assignment) {
      if (names[assignment.face].size() == 1) return false;
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

  void name_person_of(Catalog& catalog, const std::string& name, const std::set<FaceId>& faces) {
    try {
      const auto memberships = catalog.memberships();
      // Of a number there need be nobody, so that the name is refused below.
      const PersonId person = reads_as_number(name) ? 0 : find_named(catalog, name).value_or(0);
      ImportedName result{.name = name, .person = person, .is_new = person == 0};
      std::vector<FaceId> others;
      for (const FaceId face : faces) {
        const auto home = memberships.find(face);
        if (person == 0 || home == memberships.end() || home->second != person)
          others.push_back(face);
      }
      result.named = std::ssize(others);
      result.known = std::ssize(faces) - result.named;
      if (!others.empty()) {
        const Statement said =
            person == 0 ? name_faces(catalog, others, name) : move_faces(catalog, others, person);
        result.person = said.person;
        result.fact = said.fact;
        import_.warnings.insert(import_.warnings.end(), said.warnings.begin(), said.warnings.end());
      }
      import_.names.push_back(std::move(result));
    } catch (const Interrupted&) {
      throw;
    } catch (const Error& error) {
      for (const Assignment& assignment : assignments_)
        if (fold_name(assignment.name) == fold_name(name)) contradict(assignment, error.what());
    }
  }

  const NameImportOptions& options_;
  NameImport import_;
  std::vector<Assignment> assignments_;
};

}  // namespace

NameImport import_names(const std::string& catalog_path, const NameImportOptions& options) {
  NameImporter importer(options);
  importer.read(photos_below(catalog_path, options.paths));
  Catalog catalog(catalog_path, Catalog::Mode::kWrite);
  return importer.name_people(catalog);
}

}  // namespace facenet
