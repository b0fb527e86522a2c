#include "library/merging/merge_catalog.h"

#include <map>

#include "library/merging/merge_facts.h"
#include "library/merging/merge_photos.h"

namespace facenet {
namespace {

/// What photos and vectors of both depend on, where `into` does not say it yet.
void take_settings(Catalog& into, const Catalog& from) {
  for (const char* key : {"detector", "model"})
    if (const auto value = from.property(key); value && !into.property(key))
      into.set_property(key, *value);
}

/// Which of its models can be compared, where `into` has nothing to say of it.
void take_compatible_models(Catalog& into, const Catalog& from) {
  std::map<ModelId, ModelId> ours;
  for (const ModelRecord& model : from.models())
    if (const auto known = into.find_model(model)) ours.emplace(model.id, *known);
  for (const auto& [theirs, model] : ours) {
    const auto record = from.compatible_model(theirs);
    if (!record || into.compatible_model(model) || !ours.contains(record->other)) continue;
    CompatibleModel copy = *record;
    copy.model = model;
    copy.other = ours.at(record->other);
    into.put_compatible_model(copy);
  }
}

}  // namespace

bool MergeReport::changes_anything() const {
  return photos + faces + vectors + people + facts + moved_faces > 0;
}

MergeReport merge_catalog(Catalog& into, const Catalog& from) {
  const Catalog::Snapshot snapshot(from);
  Catalog::Transaction transaction(into);
  MergeReport report;
  take_settings(into, from);
  const Counterparts counterparts = merge_photos(into, from, report);
  take_compatible_models(into, from);
  merge_facts(into, from, counterparts, report);
  transaction.commit();
  return report;
}

}  // namespace facenet
