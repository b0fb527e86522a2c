#include "library/library.h"

#include "base/logging.h"
#include "pipeline/torch_module.h"
#include "pipeline/upgrade_model.h"
#include "weights/model_store.h"

namespace facenet {

AnalyserFactory torch_analyser() {
  return [](const AnalyserOptions& options) { return torch_functions().make_analyser(options); };
}

void use_model_of_catalog(const Catalog& catalog, EmbedderOptions& options) {
  if (const auto model = catalog.property("model")) options.model = *model;
}

CatalogModel model_of_catalog(const Catalog& catalog, EmbedderOptions& options, bool given,
                              bool needs_threshold) {
  if (!given) use_model_of_catalog(catalog, options);
  prepare_model(options, needs_threshold);
  const EmbedderFile file = describe_embedder(options);
  const auto model = catalog.find_model({.name = file.info.name,
                                         .weights_sha256 = file.weights_sha256,
                                         .flip = options.flip,
                                         .dimension = file.info.embedding});
  if (!model)
    fail("{}: has no vectors of {}{}: run `facenet cluster PHOTOS`", catalog.path(), options.model,
         options.flip ? "" : " without mirror image");
  return {*model, file.info, pair_points(catalog, *model, file.info.operating_point(options.flip))};
}

void remember_model(Catalog& catalog, const EmbedderOptions& options) {
  if (catalog.property("model") == options.model) return;
  Catalog::Transaction transaction(catalog);
  catalog.set_property("model", options.model);
  transaction.commit();
}

void prepare_model(EmbedderOptions& options, bool needs_threshold) {
  if (options.model == kAutoEmbedder) {
    options.model = default_embedder();
    if (options.model == kBuiltInEmbedder) {
      log_warning(
          "the weights of {} are not there, so the built-in {} is used, which errs more; "
          "scripts/models gets them",
          kDefaultEmbedder, kBuiltInEmbedder);
    }
  }
  if (!is_script(options.model)) return;
  options.script = torch_functions().probe_script(options.model, options.script);
  if (needs_threshold) {
    fail<UsageError>("{}: does not say which distances mean the same person: give --threshold",
                     options.model);
  }
}

}  // namespace facenet
