#include "people/grouping/clustering_input.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "base/random.h"
#include "catalog/damage.h"
#include "catalog/places.h"
#include "people/facts.h"

namespace facenet {
namespace {

/// A face with a vector.
struct Row {
  FaceRecord face;
  Sha256 photo;
  PhotoMoment moment;
  bool by_other = false;
};

/// What the photos themselves say, so that ids, which tell when a photo was found, do not matter.
bool in_order_of_bytes(const Row& a, const Row& b) {
  const auto key = [](const Row& row) {
    return std::tie(row.photo, row.face.time_ms, row.face.y, row.face.x, row.face.width,
                    row.face.height, row.face.id);
  };
  return key(a) < key(b);
}

std::vector<Row> rows_to_cluster(const Catalog& catalog, ModelId model, ModelId other_model,
                                 const std::map<FaceId, PersonId>& held) {
  std::unordered_map<PhotoId, PhotoRecord> photos;
  for (PhotoRecord& photo : catalog.photos()) photos.emplace(photo.id, std::move(photo));
  const Places places(catalog);
  const std::vector<FaceId> embedded = catalog.embedded_faces(model);
  const std::vector<FaceId> by_other =
      other_model == 0 ? std::vector<FaceId>{} : catalog.embedded_faces(other_model);
  const auto is_among = [](const std::vector<FaceId>& sorted, FaceId face) {
    return std::binary_search(sorted.begin(), sorted.end(), face);
  };

  std::vector<Row> rows;
  for (FaceRecord& face : catalog.faces()) {
    const bool has_own = is_among(embedded, face.id);
    if (!has_own && !is_among(by_other, face.id)) continue;
    if (!places.is_present(face.photo) && !held.contains(face.id)) continue;
    const PhotoRecord& photo = photos.at(face.photo);
    rows.push_back({.face = std::move(face),
                    .photo = photo.sha256,
                    .moment = photo.moment,
                    .by_other = !has_own});
  }
  std::sort(rows.begin(), rows.end(), in_order_of_bytes);
  return rows;
}

std::unordered_set<PersonId> people_with_labels(const Catalog& catalog) {
  std::unordered_set<PersonId> people;
  for (const PersonRecord& person : catalog.people())
    if (!person.name.empty() || person.hidden) people.insert(person.id);
  return people;
}

/// What facts hold, and, of a named or hidden person of whose faces none is held (any more), those
/// that it has: else the next clustering could leave nobody to have the name. Where a clustering
/// has left it nothing but faces held as somebody without a name, these are held as the named one.
std::map<FaceId, PersonId> faces_held(const Catalog& catalog, const Knowledge& knowledge,
                                      const std::unordered_set<PersonId>& labelled) {
  std::map<FaceId, PersonId> held = knowledge.held;
  std::unordered_set<PersonId> known;
  for (const auto& [face, person] : held) known.insert(person);
  std::map<PersonId, PersonId> taken_in;  // whose faces a named person has, and none of its own
  std::unordered_set<PersonId> have_own;
  for (const auto& [face, person] : catalog.memberships()) {
    if (!labelled.contains(person) || known.contains(person)) continue;
    const auto [entry, is_own] = held.emplace(face, person);
    if (is_own)
      have_own.insert(person);
    else if (!labelled.contains(entry->second))
      taken_in.emplace(entry->second, person);
  }
  for (auto& [face, person] : held)
    if (const auto taken = taken_in.find(person);
        taken != taken_in.end() && !have_own.contains(taken->second))
      person = taken->second;
  return held;
}

std::vector<std::int64_t> rows_of(const std::vector<FaceId>& faces,
                                  const std::unordered_map<FaceId, std::int64_t>& row_of) {
  std::vector<std::int64_t> rows;
  for (const FaceId face : faces)
    if (const auto row = row_of.find(face); row != row_of.end()) rows.push_back(row->second);
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::uint64_t chained(std::uint64_t hash, std::int64_t value) {
  return chained_hash(hash, static_cast<std::uint64_t>(value));
}

/// Whether faces are recognisable by their vectors of a model, found by face.
class Recognisabilities {
 public:
  Recognisabilities(const Catalog& catalog, ModelId model) {
    for (const ModelRecord& record : catalog.models())
      if (record.id == model) constants_ = record.recognisability;
    if (constants_.is_measured()) evidence_ = catalog.evidence(model);
  }

  /// Nothing when it is not known.
  std::optional<double> of(FaceId face) const {
    if (!constants_.is_measured()) return 1;
    const auto found =
        std::ranges::lower_bound(evidence_, face, {}, &std::pair<FaceId, VectorEvidence>::first);
    if (found == evidence_.end() || found->first != face) return {};
    return recognisability(found->second, constants_);
  }

 private:
  RecognisabilityConstants constants_;
  std::vector<std::pair<FaceId, VectorEvidence>> evidence_;
};

std::vector<std::int64_t> selected(const std::vector<std::int64_t>& rows,
                                   const std::vector<std::int64_t>& place) {
  std::vector<std::int64_t> kept;
  for (const std::int64_t row : rows)
    if (const std::int64_t now = place[static_cast<std::size_t>(row)]; now != kNone)
      kept.push_back(now);
  return kept;
}

/// The vectors of one model, found by face. Where few of many are `wanted`, each is read when it is
/// asked for, otherwise all at once.
class VectorsOf {
 public:
  VectorsOf(const Catalog& catalog, ModelId model, std::int64_t wanted)
      : catalog_(catalog), model_(model), by_face_(wanted * 4 < catalog.count_embeddings(model)) {
    if (by_face_) return;
    embeddings_ = catalog.embeddings(model);
    if (!embeddings_.faces.empty())
      dimension_ = embeddings_.values.size() / embeddings_.faces.size();
  }

  /// Until the next call.
  std::span<const float> of(FaceId face) {
    if (by_face_) {
      one_ = catalog_.embedding(face, model_);
      return one_;
    }
    const auto& faces = embeddings_.faces;
    const auto found = std::lower_bound(faces.begin(), faces.end(), face);
    if (found == faces.end() || *found != face)
      throw DamagedCatalog(catalog_.path(), fmt::format("face {} has no vector", face));
    return std::span(embeddings_.values)
        .subspan(static_cast<std::size_t>(found - faces.begin()) * dimension_, dimension_);
  }

 private:
  const Catalog& catalog_;
  ModelId model_;
  bool by_face_;
  Catalog::Embeddings embeddings_;
  std::size_t dimension_ = 0;
  std::vector<float> one_;
};

}  // namespace

std::int64_t ClusteringInput::count_by_other() const {
  return std::accumulate(by_other.begin(), by_other.end(), std::int64_t{0});
}

double ClusteringInput::share_by_other() const {
  const std::int64_t count = count_by_other();
  return count == 0 ? 0 : static_cast<double>(count) / static_cast<double>(faces.size());
}

std::vector<std::uint64_t> ClusteringInput::signatures() const {
  std::map<std::int64_t, std::uint64_t> blocks;  // by their members
  for (std::size_t i = 0; i < faces.size(); ++i)
    if (block[i] != kNone) blocks[block[i]] = chained(blocks[block[i]], faces[i]);
  std::vector<std::uint64_t> signatures(faces.size());
  for (std::size_t i = 0; i < faces.size(); ++i) {
    signatures[i] = chained(splitmix64(static_cast<std::uint64_t>(photo[i])), label[i]);
    if (block[i] != kNone) signatures[i] = splitmix64(signatures[i] ^ blocks[block[i]]);
    if (by_other[i] != 0) signatures[i] = chained(signatures[i], other_model);
    if (!revision.empty() && revision[i] != 0) signatures[i] = chained(signatures[i], revision[i]);
    if (!weak.empty() && weak[i] != 0) signatures[i] = chained(signatures[i], 1);
  }
  // A separation is known by what it keeps apart, not by who said so: saying it twice changes
  // nothing. Sums do not depend on the order of the facts.
  const auto hash_of = [&](const std::vector<std::int64_t>& rows) {
    std::uint64_t hash = 0;
    for (const std::int64_t row : rows) hash = chained(hash, faces[static_cast<std::size_t>(row)]);
    return hash;
  };
  for (const Separation& separation : apart) {
    const std::uint64_t left = hash_of(separation.left);
    const std::uint64_t right = hash_of(separation.right);
    for (const std::int64_t row : separation.left)
      signatures[static_cast<std::size_t>(row)] += splitmix64(right);
    for (const std::int64_t row : separation.right)
      signatures[static_cast<std::size_t>(row)] += splitmix64(left);
  }
  return signatures;
}

std::uint64_t ClusteringInput::moments_hash() const {
  std::uint64_t hash = 0;
  for (const auto& [taken, look] : moment) {
    hash = chained(chained(hash, taken), look ? 1 : 0);
    hash = chained_hash(hash, look.value_or(0));
  }
  return hash;
}

ClusteringInput clustering_input(const Catalog& catalog, ModelId model, bool allow_same_photo) {
  const Catalog::Snapshot snapshot(catalog);
  const Knowledge knowledge = knowledge_from(catalog.facts());
  const std::vector<PhotoId> videos = catalog.videos();
  const std::unordered_set<PersonId> labelled = people_with_labels(catalog);
  const std::map<FaceId, PersonId> held = faces_held(catalog, knowledge, labelled);

  ClusteringInput input;
  if (const auto compatible = catalog.compatible_model(model)) {
    input.other_model = compatible->other;
  }
  const Recognisabilities own(catalog, model);
  const Recognisabilities other(catalog, input.other_model);
  std::unordered_map<FaceId, std::int64_t> row_of;
  std::unordered_set<FaceId> allowed;  // to be with others of their photo
  for (const Row& row : rows_to_cluster(catalog, model, input.other_model, held)) {
    const bool is_allowed = allow_same_photo || knowledge.same_photo.contains(row.face.photo);
    const bool is_free = is_allowed || std::ranges::binary_search(videos, row.face.photo);
    if (is_allowed) allowed.insert(row.face.id);
    const auto holder = held.find(row.face.id);
    const PersonId person = holder == held.end() ? kNone : holder->second;
    row_of.emplace(row.face.id, std::ssize(input.faces));
    input.faces.push_back(row.face.id);
    input.revision.push_back(row.face.revision);
    input.by_other.push_back(row.by_other ? 1 : 0);
    input.photo.push_back(is_free ? kNone : row.face.photo);
    input.block.push_back(person);
    input.label.push_back(labelled.contains(person) ? person : kNone);
    input.moment.push_back(row.moment);
    if (!row.moment.perceptual_hash) ++input.without_moment;
    const auto known = (row.by_other ? other : own).of(row.face.id);
    if (!known) ++input.unassessed;
    input.weak.push_back(person == kNone && known && *known < kLeastRecognisability ? 1 : 0);
  }
  const auto block_of = [&](FaceId face) {
    return input.block[static_cast<std::size_t>(row_of.at(face))];
  };
  for (const auto& [a, b] : catalog.seen_together()) {
    if (!row_of.contains(a) || !row_of.contains(b) || allowed.contains(a)) continue;
    if (block_of(a) != kNone && block_of(a) == block_of(b)) continue;  // as somebody has said
    input.apart.push_back({.fact = 0, .left = {row_of.at(a)}, .right = {row_of.at(b)}});
  }
  for (const FaceSeparation& separation : knowledge.apart) {
    ClusteringInput::Separation rows{.fact = separation.fact,
                                     .left = rows_of(separation.left, row_of),
                                     .right = rows_of(separation.right, row_of)};
    if (!rows.left.empty() && !rows.right.empty()) input.apart.push_back(std::move(rows));
  }
  return input;
}

ClusteringInput select_rows(const ClusteringInput& input, std::span<const std::size_t> rows) {
  std::vector<std::int64_t> place(input.faces.size(), kNone);
  ClusteringInput part;
  part.other_model = input.other_model;
  for (const std::size_t row : rows) {
    place[row] = std::ssize(part.faces);
    part.faces.push_back(input.faces[row]);
    if (!input.revision.empty()) part.revision.push_back(input.revision[row]);
    part.by_other.push_back(input.by_other[row]);
    part.photo.push_back(input.photo[row]);
    part.block.push_back(input.block[row]);
    part.label.push_back(input.label[row]);
    if (!input.moment.empty()) part.moment.push_back(input.moment[row]);
    if (!input.weak.empty()) part.weak.push_back(input.weak[row]);
  }
  for (const ClusteringInput::Separation& separation : input.apart) {
    ClusteringInput::Separation kept{.fact = separation.fact,
                                     .left = selected(separation.left, place),
                                     .right = selected(separation.right, place)};
    if (!kept.left.empty() && !kept.right.empty()) part.apart.push_back(std::move(kept));
  }
  return part;
}

std::vector<float> load_vectors(const Catalog& catalog, ModelId model,
                                const ClusteringInput& input) {
  const std::int64_t by_other = input.count_by_other();
  VectorsOf own(catalog, model, std::ssize(input.faces) - by_other);
  std::optional<VectorsOf> other;
  if (by_other > 0) other.emplace(catalog, input.other_model, by_other);
  std::vector<float> vectors;
  for (std::size_t row = 0; row < input.faces.size(); ++row) {
    VectorsOf& source = input.by_other[row] != 0 ? *other : own;
    const auto vector = source.of(input.faces[row]);
    if (row == 0) vectors.reserve(input.faces.size() * vector.size());
    vectors.insert(vectors.end(), vector.begin(), vector.end());
  }
  return vectors;
}

}  // namespace facenet
