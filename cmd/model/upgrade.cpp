#include "cmd/model/upgrade.h"

#include "base/logging.h"
#include "base/text.h"
#include "cmd/output.h"
#include "library/library.h"
#include "pipeline/upgrade_model.h"
#include "weights/model_store.h"

namespace facenet {
namespace {

EmbedderFile describe(const std::string& model) {
  if (is_script(model))
    fail("{}: a TorchScript module does not say what it is compatible with; give a weights file",
         model);
  EmbedderOptions options;
  options.model = model;
  return describe_embedder(options);
}

/// `facenet cluster --threshold` with this model.
std::optional<double> threshold_asked(const Catalog& catalog, const EmbedderFile& file) {
  for (const ModelRecord& model : catalog.models())
    if (model.name == file.info.name && model.weights_sha256 == file.weights_sha256)
      if (const auto threshold = chosen_threshold(catalog, model.id)) return threshold;
  return {};
}

void report(const std::string& catalog, const EmbedderFile& present, const EmbedderFile& wanted,
            const ModelUpgrade& upgrade) {
  if (!upgrade.changed) {
    log_info("{}: its model is {} already; nothing to do", catalog, present.info.name);
    return;
  }
  log_info(
      "{}: its model is now {}; the vectors of {} stay those of {} until `facenet embed --upgrade` "
      "reads their photos",
      catalog, wanted.info.name, counted(upgrade.waiting, "face"), present.info.name);
  if (upgrade.stranded > 0)
    log_warning(
        "{} with vectors of other models only: they stay with their people, but are not compared "
        "with anybody until `facenet embed --upgrade` reads their photos",
        counted(upgrade.stranded, "face"));
}

}  // namespace

ExitStatus model_upgrade(const CommonOptions& common, const std::string& model, bool json) {
  Catalog catalog(common.catalog_path(), Catalog::Mode::kWrite);
  const EmbedderFile wanted = describe(model);
  const auto before = catalog.property("model");
  if (!before)
    fail("{}: has no model yet; to begin with this one, run `facenet cluster PHOTOS --model {}`",
         catalog.path(), model);
  const EmbedderFile present = describe(*before);
  const auto threshold = threshold_asked(catalog, present);
  const ModelUpgrade upgrade = upgrade_model(catalog, present, wanted, lasting_name(model));
  if (json)
    print_json({{"catalog", to_valid_utf8(catalog.path())},
                {"changed", upgrade.changed},
                {"before", present.info.name},
                {"model", wanted.info.name},
                {"waiting_face_count", upgrade.waiting},
                {"stranded_face_count", upgrade.stranded}});
  report(catalog.path(), present, wanted, upgrade);
  if (upgrade.changed && threshold)
    log_info("the threshold {} that was asked for is one of {}: that of {} holds from now on",
             *threshold, present.info.name, wanted.info.name);
  return ExitStatus::kOk;
}

}  // namespace facenet
