#include "pipeline/upgrade_model.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "pipeline/store.h"

namespace facenet {
namespace {

bool is_measured(const OperatingPoint& point) {
  constexpr double kFarthest = 4;  // of unit vectors
  return point.verification > 0 && point.verification <= kFarthest && point.clustering > 0 &&
         point.clustering <= kFarthest;
}

bool is_compatible(const EmbedderFile& newer, const EmbedderFile& older) {
  return newer.info.compatible_with &&
         newer.info.compatible_with->weights_sha256 == older.weights_sha256;
}

[[noreturn]] void fail_incompatible(const EmbedderFile& present, const EmbedderFile& wanted) {
  const auto& compatible = wanted.info.compatible_with;
  if (compatible && compatible->model == present.info.name)
    fail(
        "{}: was trained to be compatible with other weights of {} ({:.12}) than the catalog's "
        "({:.12}): give the model that was trained with these",
        wanted.path, compatible->model, compatible->weights_sha256, present.weights_sha256);
  fail(
      "{}: was {}, so its vectors cannot be compared with the catalog's, which {} made: train it "
      "with `facenet train --compatible-with`, or read all photos again with `facenet cluster "
      "PHOTOS --model`",
      wanted.path,
      compatible ? "trained to be compatible with " + compatible->model
                 : "not trained to be compatible with another model",
      present.info.name);
}

/// What says how far vectors of the two may lie apart: the file of the one trained later.
const Compatibility& compatibility_of(const EmbedderFile& present, const EmbedderFile& wanted) {
  const bool forward = is_compatible(wanted, present);
  if (!forward && !is_compatible(present, wanted)) fail_incompatible(present, wanted);
  if (wanted.info.embedding != present.info.embedding)
    fail("{}: says it is compatible with {}, but its vectors have {} numbers, not {}: get it again",
         wanted.path, present.info.name, wanted.info.embedding, present.info.embedding);
  return forward ? *wanted.info.compatible_with : *present.info.compatible_with;
}

/// The ways in which the catalog has vectors by these weights: with the mirror image, without.
std::vector<ModelRecord> records_of(const Catalog& catalog, const EmbedderFile& file) {
  std::vector<ModelRecord> records = catalog.models();
  std::erase_if(records, [&](const ModelRecord& record) {
    return record.name != file.info.name || record.weights_sha256 != file.weights_sha256;
  });
  return records;
}

CompatibleModel stand_in(const EmbedderFile& present, const EmbedderFile& wanted,
                         const Compatibility& compatibility, bool flip) {
  const OperatingPoint& across = compatibility.operating_point(flip);
  const OperatingPoint& of_present = present.info.operating_point(flip);
  for (const OperatingPoint* point : {&across, &of_present, &wanted.info.operating_point(flip)})
    if (!is_measured(*point))
      fail(
          "{}: it is not known which distances mean the same person, among its vectors, those of "
          "{} "
          "or between the two: measure the thresholds when the model is trained",
          wanted.path, present.info.name);
  return {.model = 0, .other = 0, .across = across, .of_other = of_present};
}

/// How many faces are seen by each: the new model's vectors, the other's, none of the two.
void count_faces(const Catalog& catalog, const CompatibleModel& pair, ModelUpgrade& upgrade) {
  const std::vector<FaceId> own = catalog.embedded_faces(pair.model);
  const auto has_own = [&](FaceId face) {
    return std::binary_search(own.begin(), own.end(), face);
  };
  const std::vector<FaceId> other = catalog.embedded_faces(pair.other);
  const std::int64_t waiting =
      std::ssize(other) - std::count_if(other.begin(), other.end(), has_own);
  const std::int64_t seen = std::ssize(own) + waiting;
  if (seen < catalog.counts().faces - upgrade.stranded) return;  // another flip sees more
  upgrade.waiting = waiting;
  upgrade.stranded = catalog.counts().faces - seen;
}

}  // namespace

ModelUpgrade upgrade_model(Catalog& catalog, const EmbedderFile& present,
                           const EmbedderFile& wanted, const std::string& name) {
  const std::vector<ModelRecord> records = records_of(catalog, present);
  if (records.empty())
    fail(
        "{}: its vectors of {} were not made with the weights that {} holds now: put the earlier "
        "weights back, and give the new ones another name",
        catalog.path(), present.info.name, present.path);
  if (wanted.weights_sha256 == present.weights_sha256) return {};
  const Compatibility& compatibility = compatibility_of(present, wanted);

  ModelUpgrade upgrade{.changed = true, .waiting = 0, .stranded = catalog.counts().faces};
  Catalog::Transaction transaction(catalog);
  for (const ModelRecord& record : records) {
    CompatibleModel pair = stand_in(present, wanted, compatibility, record.flip);
    pair.model = catalog.put_model(model_record(wanted, record.flip));
    pair.other = record.id;
    catalog.put_compatible_model(pair);
    count_faces(catalog, pair, upgrade);
  }
  catalog.set_property("model", name);
  transaction.commit();
  return upgrade;
}

PairPoints pair_points(const Catalog& catalog, ModelId model, const OperatingPoint& own) {
  PairPoints points{.own = own};
  if (const auto compatible = catalog.compatible_model(model)) {
    points.across = compatible->across;
    points.other = compatible->of_other;
  }
  return points;
}

}  // namespace facenet
