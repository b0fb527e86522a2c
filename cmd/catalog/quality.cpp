#include "cmd/catalog/quality.h"

#include <iostream>

#include "base/file.h"
#include "base/logging.h"
#include "base/text.h"
#include "cmd/output.h"
#include "library/library.h"
#include "library/would_join.h"
#include "people/quality.h"

namespace facenet {
namespace {

Json optional_json(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

void print_quality_json(const Catalog& catalog, const CatalogQuality& quality,
                        const ClusteringRecord& run) {
  print_json({{"catalog", to_valid_utf8(absolute_path(catalog.path()))},
              {"face_count", quality.faces},
              {"people_count", quality.people},
              {"named_people_count", quality.named_people},
              {"named_share", quality.named_share()},
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
  for (const auto& [what, value] : describe_quality(quality, run))
    std::cout << fmt::format("{:18}{}\n", what, escape_control(value));
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
