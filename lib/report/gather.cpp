#include "report/gather.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "library/recognise.h"
#include "library/review_queue.h"
#include "library/would_join.h"
#include "people/people.h"
#include "picture/portraits.h"

namespace facenet {
namespace {

constexpr std::size_t kListed = 50;   // pairs, and doubtful faces
constexpr std::size_t kAsked = 1000;  // pairs among which the likely ones are looked for
constexpr double kMoreLikelyThanNot = 0.5;

/// The least typical faces of a person, which alone are weighed: each costs a look at all others.
constexpr std::size_t kWeighed = 8;

std::string time_now() {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min);
}

class Gatherer {
 public:
  Gatherer(const Catalog& catalog, const CatalogModel& model, const ReportOptions& options)
      : catalog_(catalog),
        model_(model),
        options_(options),
        recogniser_(catalog, model),
        book_(catalog, recogniser_.people()) {}

  Report gather() {
    report_.catalog = catalog_.path();
    report_.created = time_now();
    for (PersonRecord& person : catalog_.people())
      report_.names.emplace(person.id, std::move(person.name));
    gather_people();
    gather_boxes();
    gather_pairs();
    gather_doubts();
    gather_figures();
    return std::move(report_);
  }

 private:
  void gather_people() {
    const PeopleList list = list_people(catalog_, options_.min_faces);
    report_.unrecognisable = std::ssize(list.unrecognisable);
    for (const Person& person : list.people) {
      Portraits portraits = book_.of(person.id);
      report_.people.push_back({.id = person.id,
                                .name = person.name,
                                .face_count = person.faces.size(),
                                .faces = std::move(portraits.faces),
                                .stacks = std::move(portraits.stacks),
                                .away = portraits.away.size()});
    }
  }

  void gather_boxes() {
    const auto memberships = catalog_.memberships();
    for (FaceRecord& face : catalog_.faces()) {
      const auto home = memberships.find(face.id);
      const PersonId person = home == memberships.end() ? 0 : home->second;
      const PhotoId photo = face.photo;
      report_.boxes[photo].push_back({.face = std::move(face), .person = person});
    }
  }

  void gather_pairs() {
    ReviewQueue queue;
    try {
      queue = review_queue(catalog_, model_.id, model_.points, kAsked, options_.threads);
    } catch (const Error&) {
      return;  // nothing says how likely two people are one
    }
    report_.in_doubt = queue.pair_count;
    for (ReviewPair& pair : queue.pairs) {
      if (pair.probability < kMoreLikelyThanNot || report_.same.size() == kListed) continue;
      list(pair.a, pair.faces_a);
      list(pair.b, pair.faces_b);
      report_.same.push_back(std::move(pair));
    }
  }

  /// Notes where these faces of the person are.
  void list(PersonId person, const std::vector<FaceId>& faces) {
    for (FaceInPhoto& there : book_.of(person).faces)
      if (std::ranges::find(faces, there.face.id) != faces.end())
        report_.listed.emplace(there.face.id, std::move(there));
  }

  void gather_doubts() {
    for (const ReportPerson& person : report_.people)
      for (const FaceInPhoto& there :
           std::span(person.faces).last(std::min(person.faces.size(), kWeighed))) {
        const Recognition known = recogniser_.known(there.face.id, person.id);
        if (known.distance && known.threshold && *known.distance > *known.threshold)
          report_.wrong.push_back(
              {.face = there, .person = person.id, .probability = known.probability});
      }
    std::ranges::stable_sort(report_.wrong, {}, &DoubtfulFace::probability);
    if (report_.wrong.size() > kListed) report_.wrong.resize(kListed);
    for (const DoubtfulFace& doubt : report_.wrong)
      report_.listed.emplace(doubt.face.face.id, doubt.face);
  }

  void gather_figures() {
    const auto run = catalog_.last_clustering();
    if (!run) return;
    const PeopleVectors& vectors = recogniser_.people();
    report_.figures = describe_quality(
        measure_quality(catalog_, vectors, would_join(catalog_, model_, vectors, *run)), *run);
  }

  const Catalog& catalog_;
  const CatalogModel& model_;
  const ReportOptions& options_;
  Recogniser recogniser_;
  PortraitBook book_;
  Report report_;
};

}  // namespace

std::size_t Report::face_count() const {
  std::size_t count = 0;
  for (const ReportPerson& person : people) count += person.faces.size();
  return count;
}

Report gather_report(const Catalog& catalog, const CatalogModel& model,
                     const ReportOptions& options) {
  const Catalog::Snapshot snapshot(catalog);
  require_grouped(catalog);
  return Gatherer(catalog, model, options).gather();
}

}  // namespace facenet
