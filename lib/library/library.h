#pragma once

#include <optional>

#include "catalog/catalog.h"
#include "library/recluster.h"
#include "pipeline/analyse.h"
#include "pipeline/update.h"
#include "weights/pair_points.h"

namespace facenet {

/// Makes the analyser of the LibTorch module (pipeline/torch_module.h), which is loaded then and
/// not before.
AnalyserFactory torch_analyser();

/// The threshold that was asked for: it holds for all later runs over this catalog with vectors of
/// this model. Nothing: the rule (grouping_rule.h).
std::optional<double> chosen_threshold(const Catalog& catalog, ModelId model);
/// With nothing the rule holds again.
void choose_threshold(Catalog& catalog, ModelId model, std::optional<double> threshold);

/// For commands about people: throws Error for a catalog whose faces were never grouped.
void require_grouped(const Catalog& catalog);

/// Takes the model that the catalog was last used with, so that it need not be named every time.
void use_model_of_catalog(const Catalog& catalog, EmbedderOptions& options);
/// Notes in the catalog which faces are recognisable by what the weights say now: that may have
/// been measured since the vectors were made.
void update_recognisability(Catalog& catalog, const EmbedderOptions& options);

/// How the catalog's faces are grouped by this model, as the weights and the catalog say; notes what
/// update_recognisability() does.
ReclusterOptions grouping_options(Catalog& catalog, const EmbedderOptions& options, ModelId model);

void remember_model(Catalog& catalog, const EmbedderOptions& options);

/// Completes the options of a TorchScript model by running it; does nothing for other models.
/// Throws UsageError when `needs_threshold`, because a TorchScript file has none.
void prepare_model(EmbedderOptions& options, bool needs_threshold = false);

/// A model whose vectors the catalog has.
struct CatalogModel {
  ModelId id = 0;
  ModelInfo info;
  PairPoints points;                     ///< with or without mirror images, as the options say
  std::optional<double> threshold = {};  ///< chosen_threshold()
};

/// The model of the options when `given`, else the one that the catalog was last used with; the
/// options are completed. Throws Error when the catalog has no vectors of it.
CatalogModel model_of_catalog(const Catalog& catalog, EmbedderOptions& options, bool given);

}  // namespace facenet
