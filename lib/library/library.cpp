#include "library/library.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/logging.h"
#include "pipeline/torch_module.h"
#include "pipeline/upgrade_model.h"
#include "weights/model_store.h"

namespace facenet {

namespace {

std::string threshold_key(ModelId model) {
  return fmt::format("threshold-{}", model);
}

ModelRecord record_of(const EmbedderFile& file, const EmbedderOptions& options) {
  return {.name = file.info.name,
          .weights_sha256 = file.weights_sha256,
          .flip = options.flip,
          .dimension = file.info.embedding,
          .recognisability = file.info.operating_point(options.flip).recognisability};
}

}  // namespace

AnalyserFactory torch_analyser() {
  return [](const AnalyserOptions& options) { return torch_functions().make_analyser(options); };
}

std::optional<double> chosen_threshold(const Catalog& catalog, ModelId model) {
  const auto text = catalog.property(threshold_key(model));
  if (!text || text->empty()) return {};
  double threshold = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), threshold);
  if (error != std::errc{} || end != text->data() + text->size())
    fail("{}: its threshold \"{}\" is no number: give one with `facenet cluster --threshold`",
         catalog.path(), *text);
  return threshold;
}

void choose_threshold(Catalog& catalog, ModelId model, std::optional<double> threshold) {
  if (chosen_threshold(catalog, model) == threshold) return;
  Catalog::Transaction transaction(catalog);
  catalog.set_property(threshold_key(model), threshold ? fmt::format("{}", *threshold) : "");
  transaction.commit();
}

void require_grouped(const Catalog& catalog) {
  const CatalogCounts counts = catalog.counts();
  if (counts.faces > 0 && counts.people == 0)
    fail("{}: its faces have not been grouped into people yet: run `facenet cluster`",
         catalog.path());
}

void use_model_of_catalog(const Catalog& catalog, EmbedderOptions& options) {
  if (const auto model = catalog.property("model")) options.model = *model;
}

CatalogModel model_of_catalog(const Catalog& catalog, EmbedderOptions& options, bool given) {
  if (!given) use_model_of_catalog(catalog, options);
  prepare_model(options);
  const EmbedderFile file = describe_embedder(options);
  const auto model = catalog.find_model(record_of(file, options));
  if (!model)
    fail("{}: has no vectors of {}{}: run `facenet cluster PHOTOS`", catalog.path(), options.model,
         options.flip ? "" : " without mirror image");
  return {*model, file.info, pair_points(catalog, *model, file.info.operating_point(options.flip)),
          chosen_threshold(catalog, *model)};
}

void update_recognisability(Catalog& catalog, const EmbedderOptions& options) {
  const ModelRecord record = record_of(describe_embedder(options), options);
  const auto id = catalog.find_model(record);
  if (!id) return;
  const std::vector<ModelRecord> models = catalog.models();
  const auto known = std::ranges::find(models, *id, &ModelRecord::id);
  if (known->recognisability != record.recognisability) catalog.put_model(record);
}

ReclusterOptions grouping_options(Catalog& catalog, const EmbedderOptions& options, ModelId model) {
  const ModelInfo info = describe_embedder(options).info;
  update_recognisability(catalog, options);
  ReclusterOptions grouping{.model = model, .dimension = info.embedding};
  grouping.points = pair_points(catalog, model, info.operating_point(options.flip));
  grouping.threshold = chosen_threshold(catalog, model);
  return grouping;
}

void remember_model(Catalog& catalog, const EmbedderOptions& options) {
  const std::string model = lasting_name(options.model);
  if (catalog.property("model") == model) return;
  Catalog::Transaction transaction(catalog);
  catalog.set_property("model", model);
  transaction.commit();
}

void prepare_model(EmbedderOptions& options, bool needs_threshold) {
  if (options.model == kAutoEmbedder) {
    options.model = default_embedder();
    if (options.model == kBuiltInEmbedder) {
      log_warning(
          "the weights of {} are not installed, so the built-in {} is used, which makes more "
          "mistakes; run scripts/models to get them",
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
