#include "library/library.h"

#include "base/interrupt.h"
#include "base/logging.h"
#include "base/text.h"
#include "pipeline/torch_module.h"
#include "pipeline/upgrade_model.h"
#include "weights/model_store.h"

namespace facenet {

AnalyserFactory networks_factory() {
  return [](const AnalyserOptions& options) { return networks().make_analyser(options); };
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
  options.script = networks().probe_script(options.model, options.script);
  if (needs_threshold) {
    fail<UsageError>("{}: does not say which distances mean the same person: give --threshold",
                     options.model);
  }
}

void report_problems(const LibraryUpdate& update) {
  for (const auto& [path, reason] : update.problems) log_warning("{}: {}", path, reason);
}

Json photo_counts_json(const LibraryUpdate& update) {
  return {{"scanned", update.scanned},      {"new", update.fresh},   {"changed", update.changed},
          {"unchanged", update.unchanged},  {"moved", update.moved}, {"missing", update.missing},
          {"unreadable", update.unreadable}};
}

std::string summary(const LibraryUpdate& update) {
  std::string text = with_thousands(update.scanned) + " photos: ";
  const auto add = [&](std::int64_t count, const char* what) {
    if (count > 0) text += fmt::format("{} {}, ", with_thousands(count), what);
  };
  add(update.fresh, "new");
  add(update.changed, "changed");
  add(update.moved, "moved");
  add(update.unchanged, "unchanged");
  add(update.unreadable, "unreadable");
  add(update.missing, "missing");
  text.resize(text.size() - 2);
  return text + fmt::format("; {} faces embedded", with_thousands(update.embedded));
}

ExitStatus status_of(const LibraryUpdate& update, const std::vector<std::string>& roots) {
  if (update.interrupted) {
    log_warning("stopped; what was finished is kept, and the next run goes on from there");
    return interrupt_status();
  }
  if (!update.problems.empty()) return ExitStatus::kPartial;
  if (update.scanned == 0) {
    log_error("{}: no photos there; give folders or files with photos", fmt::join(roots, ", "));
    return ExitStatus::kNegative;
  }
  return ExitStatus::kOk;
}

}  // namespace facenet
