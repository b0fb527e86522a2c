// The review queue: "are these two one person?"
#include "people/review.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <unordered_map>

#include "base/file.h"
#include "base/logging.h"
#include "base/text.h"
#include "catalog/places.h"
#include "cmd/people/common.h"
#include "image/decode.h"
#include "image/encode.h"
#include "image/warp.h"
#include "index/neighbours.h"
#include "library/library.h"
#include "people/people.h"

namespace facenet {
namespace {

/// Pairs less likely than this are not asked about.
constexpr double kLeastProbability = 0.02;
constexpr std::size_t kPairsListed = 20;
constexpr int kChipPixels = 160;

/// The distance at which a pair is that likely to be one person.
double distance_at(const OperatingPoint& point, double probability) {
  return std::min(4.0, point.midpoint + std::log(1 / probability - 1) / point.steepness);
}

/// The farthest that two people, whatever models their vectors are of, may be apart to be worth a
/// question.
double farthest(const PairPoints& points, const PeopleVectors& vectors) {
  double distance = distance_at(points.own, kLeastProbability);
  if (vectors.input().count_by_other() > 0)
    for (const OperatingPoint& point : {points.across, points.other})
      distance = std::max(distance, distance_at(point, kLeastProbability));
  return distance;
}

std::vector<ReviewPair> find_pairs(const PeopleOptions& options, const Catalog& catalog,
                                   std::size_t limit) {
  const Catalog::Snapshot snapshot(catalog);
  EmbedderOptions embedder = options.embedder;
  const CatalogModel model = model_of_catalog(catalog, embedder, options.model_given);
  const PairPoints& points = model.points;
  const PeopleVectors vectors(catalog, model.id);
  const double share = vectors.input().share_by_other();
  if (std::isnan(points.between(share, share).probability(0)))
    fail("{}: does not say how likely two faces are one person, by which pairs are chosen",
         embedder.model);
  // Means are never farther apart than the mean distance of the faces.
  const std::vector<float> means = vectors.means();
  const Points centres{means, std::ssize(vectors.people()), static_cast<int>(vectors.dimension())};
  std::vector<NearPeople> near;
  if (centres.count > 0)
    for (const Pair& pair :
         pairs_within(centres, farthest(points, vectors) + 1e-6, options.common.thread_count()))
      near.push_back({pair.first, pair.second});
  const auto probability = [&](const PeopleVectors::Member& a, const PeopleVectors::Member& b,
                               double distance) {
    return points.between(a.share_by_other(), b.share_by_other()).probability(distance);
  };
  return rank_review(catalog, vectors, near, probability, kLeastProbability, limit);
}

/// What is shown of faces: where they are.
class FaceBook {
 public:
  explicit FaceBook(const Catalog& catalog) : places_(catalog) {
    for (FaceRecord& face : catalog.faces()) faces_.emplace(face.id, std::move(face));
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
              {"faces", sizes_.at(person)},
              {"shown", Json::array()}};
    for (const FaceId id : shown) {
      Json entry{{"id", id}};
      set_photo(entry, path(id));
      const FaceRecord& record = face(id);
      entry["box"] = box_json({record.x, record.y, record.width, record.height});
      json["shown"].push_back(std::move(entry));
    }
    return json;
  }

 private:
  std::unordered_map<FaceId, FaceRecord> faces_;
  Places places_;
  std::unordered_map<PersonId, std::string> names_;
  std::unordered_map<PersonId, std::int64_t> sizes_;
};

Json pair_json(const ReviewPair& pair, const FaceBook& book) {
  return {{"id", pair.id()},
          {"distance", pair.distance},
          {"probability", pair.probability},
          {"settles", pair.settles},
          {"gain", pair.gain},
          {"a", book.side_json(pair.a, pair.faces_a)},
          {"b", book.side_json(pair.b, pair.faces_b)}};
}

/// The face with some of what is around it, upright, as it stands in the photo.
Image cut_out(const FaceRecord& face, const std::string& path) {
  constexpr double kAround = 1.6;  // times the box
  const Image photo = PhotoFile(path).decode();
  const double size = kAround * static_cast<double>(std::max(face.width, face.height));
  const double scale = size / kChipPixels;
  const double left = static_cast<double>(face.x) + static_cast<double>(face.width) / 2 - size / 2;
  const double top = static_cast<double>(face.y) + static_cast<double>(face.height) / 2 - size / 2;
  // Corners of pixels there, centres here.
  const Similarity to_photo{
      .a = scale, .b = 0, .tx = left + scale / 2 - 0.5, .ty = top + scale / 2 - 0.5};
  return warp(photo, to_photo, kChipPixels, kChipPixels);
}

void write_chips(const std::string& folder, const ReviewPair& pair, const FaceBook& book) {
  make_folder(folder);
  const auto write = [&](char side, const std::vector<FaceId>& faces) {
    for (std::size_t i = 0; i < faces.size(); ++i) {
      const std::string path = book.path(faces[i]);
      if (path.empty()) continue;
      try {
        write_png(fmt::format("{}/{}-{}{}.png", folder, pair.id(), side, i + 1),
                  cut_out(book.face(faces[i]), path), true);
      } catch (const DecodeError& error) {
        log_warning("{}: {}", path, error.what());
      }
    }
  };
  write('a', pair.faces_a);
  write('b', pair.faces_b);
}

void show_pair(const ReviewPair& pair, const FaceBook& book, std::ostream& out) {
  out << fmt::format("{}: one person? distance {:.3f}, probability {:.2f}, settles {} {}\n",
                     pair.id(), pair.distance, pair.probability, pair.settles,
                     pair.settles == 1 ? "face" : "faces");
  const auto side = [&](PersonId person, const std::vector<FaceId>& faces) {
    out << "  " << book.call(person) << '\n';
    for (const FaceId face : faces)
      out << fmt::format("    face {}: {}\n", face, escape_control(book.path(face)));
  };
  side(pair.a, pair.faces_a);
  side(pair.b, pair.faces_b);
}

void report_answer(const Answer& answer) {
  log_info("person {} is {}person {}: {} faces settled{}", answer.b, answer.same ? "" : "not ",
           answer.a, answer.settled_faces,
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
  const auto pairs = find_pairs(options, catalog, limit);
  const FaceBook book(catalog);
  if (options.output.json) {
    Json json{{"pairs", Json::array()}};
    for (const ReviewPair& pair : pairs) json["pairs"].push_back(pair_json(pair, book));
    print_json(json);
  } else {
    for (const ReviewPair& pair : pairs) show_pair(pair, book, std::cout);
  }
  if (!options.chips.empty())
    for (const ReviewPair& pair : pairs) write_chips(options.chips, pair, book);
  return pairs.empty() ? nothing_to_ask(catalog) : ExitStatus::kOk;
}

/// Each answer changes what is worth asking next, so the queue is made anew after each.
ExitStatus ask_pairs(const PeopleOptions& options) {
  Catalog catalog(options.common.catalog_path(), Catalog::Mode::kWrite);
  std::vector<std::string> skipped;
  std::int64_t answers = 0;
  std::int64_t settled = 0;
  while (options.limit == 0 || answers < options.limit) {
    const auto pairs = find_pairs(options, catalog, skipped.size() + 1);
    const auto next = std::find_if(pairs.begin(), pairs.end(), [&](const ReviewPair& pair) {
      return std::find(skipped.begin(), skipped.end(), pair.id()) == skipped.end();
    });
    if (next == pairs.end()) {
      if (answers == 0 && skipped.empty()) return nothing_to_ask(catalog);
      break;
    }
    const FaceBook book(catalog);
    show_pair(*next, book, std::cerr);
    if (!options.chips.empty()) write_chips(options.chips, *next, book);
    const std::string word = ask("[y]es, [n]o, [s]kip, [u]ndo, [q]uit?");
    if (word == "q" || word == "quit") break;
    if (word == "s" || word == "skip") {
      skipped.push_back(next->id());
    } else if (word == "u" || word == "undo") {
      const Statement undo = undo_fact(catalog, {});
      log_info("took back what was said last; {} faces moved back", undo.moved_faces);
    } else if (word == "y" || word == "yes" || word == "n" || word == "no") {
      const Answer answer = answer_pair(catalog, next->id(), word.front() == 'y');
      report_answer(answer);
      ++answers;
      settled += answer.settled_faces;
    }
  }
  log_info("{} answers settled {} faces; `facenet cluster` regroups the rest by them", answers,
           settled);
  return ExitStatus::kOk;
}

}  // namespace

ExitStatus people_review(const PeopleOptions& options) {
  options.expect_words(0, 0, "review [--json] [--limit N] [--chips DIR]");
  if (options.limit < 0) fail<UsageError>("--limit must be at least 1");
  const bool ask = !options.output.json && on_terminal();
  return ask ? ask_pairs(options) : list_pairs(options);
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
                {"settled_faces", answer.settled_faces},
                {"moved_faces", answer.statement.moved_faces},
                {"warnings", answer.statement.warnings}});
    for (const std::string& warning : answer.statement.warnings) log_warning("{}", warning);
  } else {
    report_answer(answer);
  }
  return ExitStatus::kOk;
}

}  // namespace facenet
