#include "cmd/catalog/quality.h"

#include <iostream>

#include "base/file.h"
#include "base/logging.h"
#include "base/text.h"
#include "cmd/output.h"
#include "library/grouping_rule.h"
#include "library/library.h"
#include "library/people_odds.h"
#include "people/quality.h"

namespace facenet {
namespace {

double share(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

Json optional_json(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

void print_quality_json(const Catalog& catalog, const CatalogQuality& quality,
                        const ClusteringRecord& run) {
  print_json({{"catalog", to_valid_utf8(absolute_path(catalog.path()))},
              {"face_count", quality.faces},
              {"people_count", quality.people},
              {"named_people_count", quality.named_people},
              {"named_share", share(quality.named_faces, quality.faces)},
              {"hidden_face_count", quality.hidden_faces},
              {"unrecognisable_face_count", quality.unrecognisable_faces},
              {"names_to_80_percent", quality.names_to_80_percent},
              {"names_to_95_percent", quality.names_to_95_percent},
              {"prevented_join_count", quality.prevented_joins},
              {"contradiction_count", quality.disagreements},
              {"broken_fact_count", quality.broken_facts},
              {"largest",
               {{"person", quality.largest},
                {"face_count", quality.largest_faces},
                {"spread", quality.largest_spread},
                {"usual_spread", optional_json(quality.usual_spread)},
                {"spread_bound", optional_json(quality.spread_bound)},
                {"stands_out", quality.largest_stands_out()}}},
              {"last_run",
               {{"time", run.created},
                {"rule", run.threshold ? "threshold" : "default"},
                {"threshold", optional_json(run.threshold)},
                {"face_count", run.faces},
                {"people_count", run.people},
                {"new_people_count", run.new_people},
                {"vanished_people_count", run.vanished_people},
                {"churned_face_count", run.churned_faces},
                {"kept_name_count", run.kept_names},
                {"seconds", run.seconds},
                {"peak_bytes", run.peak_bytes}}}});
}

void print_quality_text(const CatalogQuality& quality, const ClusteringRecord& run) {
  const auto row = [](const char* what, const std::string& value) {
    std::cout << fmt::format("{:18}{}\n", what, escape_control(value));
  };
  row("people", fmt::format("{} of {}; {} more of hidden people", with_thousands(quality.people),
                            counted(quality.faces, "face"), counted(quality.hidden_faces, "face")));
  if (quality.unrecognisable_faces > 0)
    row("not recognisable", fmt::format("{} with nobody: `facenet people list --unrecognisable`",
                                        counted(quality.unrecognisable_faces, "face")));
  row("named",
      fmt::format("{}, {:.1f} % of the faces", counted(quality.named_people, "person", "people"),
                  100 * share(quality.named_faces, quality.faces)));
  row("names to go", fmt::format("{} for 80 % of the faces, {} for 95 %",
                                 with_thousands(quality.names_to_80_percent),
                                 with_thousands(quality.names_to_95_percent)));
  row("same photo",
      fmt::format("{} near enough to join are kept apart, because a photo shows "
                  "both",
                  counted(quality.prevented_joins, "pair of people", "pairs of people")));
  row("contradictions",
      fmt::format("{} between facts: `facenet people log` shows them", quality.disagreements));
  if (quality.broken_facts > 0)
    row("broken facts",
        fmt::format("{}: run `facenet cluster`, and please report this", quality.broken_facts));
  row("largest person",
      fmt::format("person {}: {}, spread {:.3f}{}", quality.largest,
                  counted(quality.largest_faces, "face"), quality.largest_spread,
                  quality.usual_spread ? fmt::format("; others {:.3f}, at most {:.3f} is usual",
                                                     *quality.usual_spread, *quality.spread_bound)
                                       : ""));
  row("grouped by",
      run.threshold
          ? fmt::format("threshold {:.3f}, the same for all", *run.threshold)
          : fmt::format("how alike people are, for how many photos they have, among {} seen once "
                        "and {} seen more often",
                        counted(static_cast<long long>(run.rivals.of_one), "person", "people"),
                        with_thousands(static_cast<long long>(run.rivals.of_more))));
  row("last run",
      fmt::format("{}, {:.3f} s, {} MiB at most", run.created, run.seconds, run.peak_bytes >> 20));
  row("churn",
      fmt::format("{} moved to other people, {} new, {} gone; {} kept",
                  counted(run.churned_faces, "face"), counted(run.new_people, "person", "people"),
                  with_thousands(run.vanished_people), counted(run.kept_names, "name")));
}

/// By what the last run grouped the faces.
WouldJoin would_join(const Catalog& catalog, const CatalogModel& model,
                     const PeopleVectors& vectors, const ClusteringRecord& run) {
  using Member = PeopleVectors::Member;
  if (run.threshold)
    return [threshold = *run.threshold](const Member& a, const Member& b) {
      return PeopleVectors::mean_distance(a, b) <= threshold;
    };
  LateVectors late(catalog, model.id, vectors.input());
  const auto joins = joins_of(model.points, late);
  if (!joins) return [](const Member&, const Member&) { return false; };
  return [odds = PeopleOdds(vectors, *joins)](const Member& a, const Member& b) {
    return odds.weigh(a, b).passes();
  };
}

}  // namespace

ExitStatus catalog_quality(const CommonOptions& common, EmbedderOptions embedder, bool model_given,
                           bool json) {
  const Catalog catalog(common.catalog_path(), Catalog::Mode::kRead);
  const Catalog::Snapshot snapshot(catalog);
  const auto run = catalog.last_clustering();
  if (!run) fail("{}: its faces have not been grouped yet: run `facenet cluster`", catalog.path());
  const CatalogModel model = model_of_catalog(catalog, embedder, model_given);
  const PeopleVectors vectors(catalog, model.id);
  const CatalogQuality quality =
      measure_quality(catalog, vectors, would_join(catalog, model, vectors, *run));
  json ? print_quality_json(catalog, quality, *run) : print_quality_text(quality, *run);
  if (quality.largest_stands_out())
    log_warning(
        "the faces of person {} differ more than those of others, so it may be several people: "
        "see `facenet people show {}`",
        quality.largest, quality.largest);
  return ExitStatus::kOk;
}

}  // namespace facenet
