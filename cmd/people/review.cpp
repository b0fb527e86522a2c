// The review queue: "are these two one person?"
#include "people/review.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <set>
#include <sys/stat.h>
#include <unistd.h>
#include <unordered_map>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/logging.h"
#include "base/text.h"
#include "catalog/places.h"
#include "cmd/people/common.h"
#include "cmd/people/terminal_faces.h"
#include "image/encode.h"
#include "library/library.h"
#include "library/review_queue.h"
#include "people/people.h"
#include "people/stacks/stacks.h"
#include "picture/portraits.h"

namespace facenet {
namespace {

constexpr std::size_t kPairsListed = 20;
constexpr int kChipPixels = 160;

ReviewQueue find_pairs(const PeopleOptions& options, const Catalog& catalog, std::size_t limit) {
  const Catalog::Snapshot snapshot(catalog);
  EmbedderOptions embedder = options.embedder;
  const CatalogModel model = model_of_catalog(catalog, embedder, options.model_given);
  require_grouped(catalog);
  return review_queue(catalog, model.id, model.points, limit, options.common.thread_count());
}

/// What is shown of faces: where they are.
class FaceBook {
 public:
  explicit FaceBook(const Catalog& catalog) : places_(catalog) {
    for (FaceRecord& face : catalog.faces()) faces_.emplace(face.id, std::move(face));
    for (PhotoRecord& photo : catalog.photos()) photos_.emplace(photo.id, std::move(photo));
    for (const PersonRecord& person : catalog.people()) names_.emplace(person.id, person.name);
    for (const auto& [face, person] : catalog.memberships()) ++sizes_[person];
  }

  const FaceRecord& face(FaceId id) const { return faces_.at(id); }
  /// The photo as a file to read, or where it was at the last look; empty when it is away.
  std::string path(FaceId id) const {
    const PhotoId photo = face(id).photo;
    if (const PathRecord* const place = places_.on_disk(photo)) return place->path;
    return places_.is_present(photo) ? places_.of(photo).front().path : "";
  }
  FaceInPhoto in_photo(FaceId id) const {
    const PhotoRecord& photo = photos_.at(face(id).photo);
    return {.face = face(id),
            .path = path(id),
            .photo_width = photo.width,
            .photo_height = photo.height};
  }
  /// At most so many stacks of the faces whose photos are not away.
  std::vector<FaceStack> there(const std::vector<FaceId>& faces, std::size_t most) const {
    std::vector<FaceInPhoto> there;
    std::vector<PhotoMoment> moments;
    for (const FaceId id : faces) {
      if (path(id).empty()) continue;
      there.push_back(in_photo(id));
      moments.push_back(photos_.at(face(id).photo).moment);
    }
    std::vector<FaceStack> stacks = face_stacks(there, stacks_of(moments));
    if (stacks.size() > most) stacks.resize(most);
    return stacks;
  }
  std::string call(PersonId person) const {
    const std::string& name = names_.at(person);
    return fmt::format("person {}{}{}, {} {}", person, name.empty() ? "" : " ",
                       escape_control(name), sizes_.at(person),
                       sizes_.at(person) == 1 ? "face" : "faces");
  }
  Json side_json(PersonId person, const std::vector<FaceId>& shown) const {
    const std::string& name = names_.at(person);
    Json json{{"person", person},
              {"name", name.empty() ? Json(nullptr) : Json(name)},
              {"face_count", sizes_.at(person)},
              {"faces", Json::array()}};
    for (const FaceId id : shown) {
      Json entry{{"face", id}};
      const FaceRecord& record = face(id);
      set_photo(entry, path(id));
      set_time(entry, record.time_ms);
      entry["box"] = box_json({record.x, record.y, record.width, record.height});
      json["faces"].push_back(std::move(entry));
    }
    return json;
  }

 private:
  std::unordered_map<FaceId, FaceRecord> faces_;
  std::unordered_map<PhotoId, PhotoRecord> photos_;
  Places places_;
  std::unordered_map<PersonId, std::string> names_;
  std::unordered_map<PersonId, std::int64_t> sizes_;
};

Json pair_json(const ReviewPair& pair, const FaceBook& book) {
  return {{"pair", pair.id()},
          {"distance", pair.distance},
          {"probability", pair.probability},
          {"settles", pair.settles},
          {"gain", pair.gain},
          {"departed_face_count", pair.departed},
          {"a", book.side_json(pair.a, pair.faces_a)},
          {"b", book.side_json(pair.b, pair.faces_b)}};
}

void write_chips(const std::string& folder, const ReviewPair& pair, const FaceBook& book) {
  make_folder(folder);
  std::vector<FaceInPhoto> faces;
  std::vector<std::string> files;
  const auto add = [&](char side, const std::vector<FaceId>& of_side) {
    for (std::size_t i = 0; i < of_side.size(); ++i) {
      FaceInPhoto face = book.in_photo(of_side[i]);
      if (face.path.empty()) continue;
      faces.push_back(std::move(face));
      files.push_back(fmt::format("{}/{}-{}{}.png", folder, pair.id(), side, i + 1));
    }
  };
  add('a', pair.faces_a);
  add('b', pair.faces_b);
  cut_faces(faces, kChipPixels, 1, [&](std::size_t i, const FacePicture& picture) {
    if (picture.error.empty())
      write_png(files[i], picture.image, true);
    else
      log_warning("{}: {}", faces[i].path, picture.error);
  });
}

/// "some 120 faces may be put right by the 175 pairs left"
std::string worth_left(double expected_faces, std::int64_t pairs) {
  const auto rounded = static_cast<std::int64_t>(std::llround(expected_faces));
  const std::string worth = rounded == 0   ? "hardly a face"
                            : rounded == 1 ? "perhaps one face"
                                           : "some " + counted(rounded, "face");
  return fmt::format("{} may be put right by the {} left", worth, counted(pairs, "pair"));
}

/// Draws the faces, too, where there is something to draw them with.
void show_pair(const ReviewPair& pair, const FaceBook& book, std::ostream& out,
               TerminalFaces* pictures = nullptr) {
  out << fmt::format("{}: one person? probability {:.2f}, a yes puts {} right\n", pair.id(),
                     pair.probability, counted(pair.settles, "face"));
  const auto side = [&](PersonId person, const std::vector<FaceId>& faces) {
    out << "  " << book.call(person) << '\n';
    for (const FaceId face : faces)
      out << fmt::format("    face {}: {}{}\n", face, escape_control(book.path(face)),
                         time_suffix(book.face(face).time_ms));
    if (pictures != nullptr) out << pictures->draw(book.there(faces, pictures->room()));
  };
  side(pair.a, pair.faces_a);
  side(pair.b, pair.faces_b);
}

void report_answer(const Answer& answer) {
  log_info("person {} is {}person {}: {} settled{}", answer.b, answer.same ? "" : "not ", answer.a,
           counted(answer.settled_faces, "face"),
           answer.statement.fact == 0 ? ", as before"
                                      : fmt::format(" (fact {})", answer.statement.fact));
  for (const std::string& warning : answer.statement.warnings) log_warning("{}", warning);
}

ExitStatus nothing_to_ask(const Catalog& catalog) {
  log_error("{}: no pair of people is in doubt; more photos or names may change that",
            catalog.path());
  return ExitStatus::kNegative;
}

ExitStatus list_pairs(const PeopleOptions& options) {
  const Catalog catalog(options.common.catalog_path(), Catalog::Mode::kRead);
  const std::size_t limit =
      options.limit > 0 ? static_cast<std::size_t>(options.limit) : kPairsListed;
  const ReviewQueue queue = find_pairs(options, catalog, limit);
  const FaceBook book(catalog);
  if (options.output.any_json()) {
    Json json{{"pair_count", queue.pair_count},
              {"expected_face_count", queue.expected_faces},
              {"expected_face_count_left", queue.expected_faces_left},
              {"pairs", Json::array()}};
    for (const ReviewPair& pair : queue.pairs) json["pairs"].push_back(pair_json(pair, book));
    print_records(json, "pairs", options.output);
  } else {
    for (const ReviewPair& pair : queue.pairs) show_pair(pair, book, std::cout);
  }
  if (!options.chips.empty())
    for (const ReviewPair& pair : queue.pairs) write_chips(options.chips, pair, book);
  if (queue.pairs.empty()) return nothing_to_ask(catalog);
  if (const std::int64_t left = queue.pair_count - std::ssize(queue.pairs); left > 0)
    log_info("{} of {} pairs; {}; --limit {} lists all", queue.pairs.size(),
             with_thousands(queue.pair_count), worth_left(queue.expected_faces_left, left),
             queue.pair_count);
  return ExitStatus::kOk;
}

/// Asks about one pair after the other. Each answer changes what is worth asking next, so the queue
/// is made anew after each.
class Review {
 public:
  explicit Review(const PeopleOptions& options)
      : options_(options), catalog_(options.common.catalog_path(), Catalog::Mode::kWrite) {
    if (options.no_draw) return;
    if (const auto terminal = PictureTerminal::behind(STDERR_FILENO))
      pictures_.emplace(*terminal, options.common.thread_count());
    else if (on_terminal() && options.chips.empty())
      log_info("this terminal shows no pictures; --chips DIR writes the faces into files");
  }

  ExitStatus run() {
    bool go_on = true;
    while (go_on) {
      const ReviewQueue queue = find_pairs(options_, catalog_, skipped_.size() + 1);
      const auto next =
          std::find_if(queue.pairs.begin(), queue.pairs.end(),
                       [&](const ReviewPair& pair) { return !skipped_.contains(pair.id()); });
      const bool is_enough = options_.limit > 0 && std::ssize(given_) >= options_.limit;
      if (next == queue.pairs.end() || is_enough) {
        if (queue.pair_count == 0 && given_.empty()) return nothing_to_ask(catalog_);
        return finish(queue);
      }
      go_on = ask_about(*next);
      if (!go_on) return finish(find_pairs(options_, catalog_, 0));
    }
    return ExitStatus::kOk;
  }

 private:
  struct Given {
    std::int64_t fact = 0, settled = 0;
  };

  /// False when that was the last question.
  bool ask_about(const ReviewPair& pair) {
    const FaceBook book(catalog_);
    show_pair(pair, book, std::cerr, pictures_ ? &*pictures_ : nullptr);
    if (!options_.chips.empty()) write_chips(options_.chips, pair, book);
    const auto word = ask("[y]es, [n]o, [s]kip, [u]ndo, [q]uit?");
    if (!word || *word == "q" || *word == "quit") return false;
    if (*word == "s" || *word == "skip") {
      skipped_.insert(pair.id());
    } else if (*word == "u" || *word == "undo") {
      undo();
    } else if (*word == "y" || *word == "yes" || *word == "n" || *word == "no") {
      const Answer answer = answer_pair(catalog_, pair.id(), word->front() == 'y');
      report_answer(answer);
      if (answer.statement.fact != 0)
        given_.push_back({answer.statement.fact, answer.settled_faces});
      else
        skipped_.insert(pair.id());  // said before by somebody else at the same time
    } else {
      log_warning("'{}' is no answer: give y, n, s, u or q", *word);
    }
    return true;
  }

  void undo() {
    if (given_.empty()) {
      log_warning(
          "nothing was answered yet; `facenet people undo` takes back what was said before");
      return;
    }
    const Statement undo = undo_fact(catalog_, given_.back().fact);
    given_.pop_back();
    log_info("the last answer is taken back; {} moved back", counted(undo.moved_faces, "face"));
  }

  ExitStatus finish(const ReviewQueue& queue) const {
    std::int64_t settled = 0;
    for (const Given& given : given_) settled += given.settled;
    log_info("{} settled {}{}", counted(std::ssize(given_), "answer"), counted(settled, "face"),
             given_.empty() ? "" : "; `facenet cluster` regroups the rest by them");
    if (queue.pair_count > 0)
      log_info("{}: `facenet people review` goes on",
               worth_left(queue.expected_faces, queue.pair_count));
    return interrupted() ? interrupt_status() : ExitStatus::kOk;
  }

  const PeopleOptions& options_;
  Catalog catalog_;
  std::optional<TerminalFaces> pictures_;
  std::set<std::string> skipped_;
  std::vector<Given> given_;
};

/// Whether stdin gives answers although it is no terminal: a pipe or a file that is not empty.
bool answers_come_in() {
  struct stat status {};
  if (::fstat(STDIN_FILENO, &status) != 0) return false;
  const bool may_have_some =
      S_ISFIFO(status.st_mode) || S_ISREG(status.st_mode) || S_ISSOCK(status.st_mode);
  return may_have_some && std::cin.peek() != std::istream::traits_type::eof();
}

}  // namespace

ExitStatus people_review(const PeopleOptions& options) {
  options.expect_words(0, 0, "review [--list] [--json] [--limit N] [--chips DIR]");
  const bool only_lists = options.output.any_json() || options.list;
  if (!only_lists && (on_terminal() || answers_come_in())) return Review(options).run();
  return list_pairs(options);
}

ExitStatus people_answer(const PeopleOptions& options) {
  options.expect_words(2, 2, "answer PAIR yes|no");
  const std::string& word = options.words[2];
  if (word != "yes" && word != "no") fail<UsageError>("the answer is yes or no, not '{}'", word);
  Catalog catalog(options.common.catalog_path(), Catalog::Mode::kWrite);
  const Answer answer = answer_pair(catalog, options.words[1], word == "yes");
  if (options.output.json) {
    print_json({{"pair", options.words[1]},
                {"same", answer.same},
                {"fact", answer.statement.fact == 0 ? Json(nullptr) : Json(answer.statement.fact)},
                {"settled_face_count", answer.settled_faces},
                {"moved_face_count", answer.statement.moved_faces},
                {"warnings", answer.statement.warnings}});
    for (const std::string& warning : answer.statement.warnings) log_warning("{}", warning);
  } else {
    report_answer(answer);
  }
  return ExitStatus::kOk;
}

}  // namespace facenet
