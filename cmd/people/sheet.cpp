// A contact sheet: a row of faces a person.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <set>

#include "base/file.h"
#include "base/logging.h"
#include "base/progress.h"
#include "base/text.h"
#include "cmd/people/common.h"
#include "image/encode.h"
#include "library/library.h"
#include "people/people.h"
#include "people/vectors.h"
#include "picture/contact_sheet.h"
#include "picture/portraits.h"

namespace facenet {
namespace {

constexpr std::int64_t kPeopleDrawn = 100, kMostFacesARow = 100;
constexpr std::size_t kRowsAPage = 50;  // a picture that any viewer opens

/// A person on the sheet.
struct DrawnPerson {
  PersonId id = 0;
  std::string name{};
  std::size_t face_count = 0;  ///< as `people list` shows
  PortraitRow row{};
  std::vector<std::string> errors{};  ///< of each of its faces; empty: it was drawn
  std::set<PhotoId> away{};
};

struct DrawnPage {
  std::string file;
  int width = 0, height = 0;
  std::size_t people = 0;
};

/// Who is asked for, and how many more there are.
struct Cast {
  std::vector<Person> people;
  std::size_t left_out = 0;
};

Cast find_cast(const PeopleOptions& options, const Catalog& catalog) {
  Cast cast;
  if (options.words.size() > 1) {
    for (const PersonId person : options.people(catalog, 1))
      cast.people.push_back(find_person(catalog, person));
  } else {
    cast.people = list_people(catalog, options.min_faces, options.all).people;
  }
  const bool is_asked = options.limit > 0 || options.words.size() > 1;
  const std::int64_t limit = options.limit > 0 ? options.limit : kPeopleDrawn;
  if ((options.limit > 0 || !is_asked) && std::ssize(cast.people) > limit) {
    cast.left_out = cast.people.size() - static_cast<std::size_t>(limit);
    cast.people.resize(static_cast<std::size_t>(limit));
  }
  return cast;
}

DrawnPerson choose_faces(const Person& person, Portraits portraits, std::size_t room) {
  DrawnPerson drawn{.id = person.id, .name = person.name, .face_count = person.faces.size()};
  drawn.away = std::move(portraits.away);
  drawn.row = portrait_row(portraits, room);
  drawn.errors.resize(drawn.row.stacks.size());
  return drawn;
}

std::vector<DrawnPerson> choose_all(const PeopleOptions& options, const Catalog& catalog,
                                    const std::vector<Person>& people) {
  EmbedderOptions embedder = options.embedder;
  const CatalogModel model = model_of_catalog(catalog, embedder, options.model_given);
  const PeopleVectors vectors(catalog, model.id);
  const PortraitBook book(catalog, vectors);
  std::vector<DrawnPerson> chosen;
  for (const Person& person : people)
    chosen.push_back(
        choose_faces(person, book.of(person.id), static_cast<std::size_t>(options.faces_a_row)));
  return chosen;
}

/// "people.jpg", or "people-2.jpg" where there are several.
std::string page_file(const std::string& file, std::size_t page, std::size_t pages) {
  if (pages == 1) return file;
  const std::filesystem::path path(file);
  const std::string name =
      fmt::format("{}-{}{}", path.stem().string(), page + 1, path.extension().string());
  return (path.parent_path() / name).string();
}

/// Cuts faces and draws pages.
class SheetMaker {
 public:
  SheetMaker(const PeopleOptions& options, std::int64_t faces)
      : options_(options), progress_("faces", faces) {}

  DrawnPage draw(std::span<DrawnPerson> people, const std::string& file, ImageFormat format) {
    std::vector<SheetRow> rows;
    for (const DrawnPerson& person : people) rows.push_back(row_of(person));
    cut(people, rows);
    const Image sheet = draw_sheet(rows);
    write_picture(file, sheet, format, options_.force);
    return {.file = file, .width = sheet.width, .height = sheet.height, .people = people.size()};
  }

  /// Photos that could not be read.
  std::size_t unreadable() const { return unreadable_.size(); }

 private:
  static SheetRow row_of(const DrawnPerson& person) {
    std::vector<std::size_t> like_it;
    for (const FaceStack& stack : person.row.stacks) like_it.push_back(stack.others.size());
    return {.name = person.name,
            .number = fmt::format("person {}", person.id),
            .count = counted(static_cast<long long>(person.face_count), "face"),
            .faces = std::vector<Image>(person.row.stacks.size()),
            .like_it = like_it,
            .left_out = person.row.left_out,
            .left_out_after = person.row.choice.first};
  }

  void cut(std::span<DrawnPerson> people, std::vector<SheetRow>& rows) {
    struct Cell {
      std::size_t row, column;
    };
    std::vector<FaceInPhoto> faces;
    std::vector<Cell> cells;
    for (std::size_t row = 0; row < people.size(); ++row)
      for (std::size_t column = 0; column < people[row].row.stacks.size(); ++column) {
        faces.push_back(people[row].row.stacks[column].first);
        cells.push_back({row, column});
      }
    const auto receive = [&](std::size_t i, FacePicture&& picture) {
      const auto [row, column] = cells[i];
      progress_.update(++done_);
      if (!picture.error.empty() && unreadable_.insert(faces[i].path).second)
        log_warning("{}: {}", faces[i].path, picture.error);
      people[row].errors[column] = std::move(picture.error);
      rows[row].faces[column] = std::move(picture.image);
    };
    cut_faces(faces, kSheetFace, options_.common.thread_count(), receive);
  }

  const PeopleOptions& options_;
  Progress progress_;
  std::int64_t done_ = 0;
  std::set<std::string> unreadable_;
};

Json drawn_person_json(const DrawnPerson& person) {
  Json json{{"person", person.id},
            {"name", person.name.empty() ? Json(nullptr) : Json(person.name)},
            {"face_count", person.face_count},
            {"left_out_face_count", person.row.left_out},
            {"missing_photo_count", person.away.size()},
            {"faces", Json::array()}};
  for (std::size_t i = 0; i < person.row.stacks.size(); ++i) {
    const FaceInPhoto& drawn = person.row.stacks[i].first;
    Json face{{"face", drawn.face.id}};
    set_photo(face, drawn.path);
    set_time(face, drawn.face.time_ms);
    face["box"] = box_json({drawn.face.x, drawn.face.y, drawn.face.width, drawn.face.height});
    if (const std::size_t like_it = person.row.stacks[i].others.size(); like_it > 0)
      face["like_it_count"] = like_it;
    if (!person.errors[i].empty()) face["error"] = to_valid_utf8(person.errors[i]);
    json["faces"].push_back(std::move(face));
  }
  return json;
}

void print_sheet_json(const std::vector<DrawnPage>& pages, const std::vector<DrawnPerson>& people,
                      std::size_t left_out, std::size_t away) {
  Json json{{"pages", Json::array()},
            {"people_count", people.size()},
            {"left_out_people_count", left_out},
            {"missing_photo_count", away},
            {"people", Json::array()}};
  for (const DrawnPage& page : pages)
    json["pages"].push_back({{"file", to_valid_utf8(page.file)},
                             {"width", page.width},
                             {"height", page.height},
                             {"people_count", page.people}});
  for (const DrawnPerson& person : people) json["people"].push_back(drawn_person_json(person));
  print_json(json);
}

/// Throws UsageError for options that make no sense.
ImageFormat checked_format(const PeopleOptions& options) {
  if (options.picture.empty()) fail<UsageError>("give a file for the sheet: --output FILE");
  if (options.min_faces < 1) fail<UsageError>("--min-faces must be at least 1");
  if (options.faces_a_row < 1 || options.faces_a_row > kMostFacesARow)
    fail<UsageError>("--faces must be from 1 to {}", kMostFacesARow);
  if (const auto format = picture_format_of(options.picture)) return *format;
  fail<UsageError>("--output {}: give a file that ends in .jpg, .png or .webp", options.picture);
}

std::vector<DrawnPage> draw_pages(const PeopleOptions& options, ImageFormat format,
                                  std::span<DrawnPerson> people, SheetMaker& maker) {
  const std::size_t count = (people.size() + kRowsAPage - 1) / kRowsAPage;
  for (std::size_t page = 0; page < count; ++page)
    require_free(page_file(options.picture, page, count), options.force);
  std::vector<DrawnPage> pages;
  for (std::size_t page = 0; page < count; ++page) {
    const auto rest = people.subspan(page * kRowsAPage);
    pages.push_back(maker.draw(rest.first(std::min(kRowsAPage, rest.size())),
                               page_file(options.picture, page, count), format));
    if (!options.output.json) std::cout << escape_control(pages.back().file) << '\n';
  }
  return pages;
}

void log_what_is_left_out(std::size_t drawn, std::size_t left_out, std::size_t away) {
  if (left_out > 0)
    log_info("{} of {} people; --limit {} draws all", drawn,
             with_thousands(static_cast<long long>(drawn + left_out)), drawn + left_out);
  if (away > 0)
    log_info("{} not there now; the faces in {} left out",
             counted(static_cast<long long>(away), "photo is", "photos are"),
             away == 1 ? "it are" : "them are");
}

}  // namespace

ExitStatus people_sheet(const PeopleOptions& options) {
  const ImageFormat format = checked_format(options);
  const Catalog catalog(options.common.catalog_path(), Catalog::Mode::kRead);
  std::vector<DrawnPerson> people;
  Cast cast;
  {
    const Catalog::Snapshot snapshot(catalog);
    require_grouped(catalog);
    cast = find_cast(options, catalog);
    people = choose_all(options, catalog, cast.people);
  }
  if (people.empty()) {
    log_error("{}: no people with {} or more faces", catalog.path(), options.min_faces);
    return ExitStatus::kNegative;
  }
  std::int64_t faces = 0;
  std::set<PhotoId> away;
  for (const DrawnPerson& person : people) {
    faces += std::ssize(person.row.stacks);
    away.insert(person.away.begin(), person.away.end());
  }
  SheetMaker maker(options, faces);
  const std::vector<DrawnPage> pages = draw_pages(options, format, people, maker);
  if (options.output.json) print_sheet_json(pages, people, cast.left_out, away.size());
  log_what_is_left_out(people.size(), cast.left_out, away.size());
  return maker.unreadable() == 0 ? ExitStatus::kOk : ExitStatus::kPartial;
}

}  // namespace facenet
