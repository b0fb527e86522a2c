// From the catalog to a clustering and back.
#include <algorithm>
#include <stdexcept>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "people/names.h"
#include "people/people.h"

namespace facenet {
namespace {

constexpr std::int64_t kNone = -1;

// ---- what to cluster

/// A face with a vector.
struct Row {
  FaceRecord face;
  Sha256 photo;
  std::size_t vector = 0;  ///< which of the model's vectors
};

/// What the photos themselves say, so that ids, which tell when a photo was found, do not matter.
bool in_order_of_bytes(const Row& a, const Row& b) {
  const auto key = [](const Row& row) {
    return std::tie(row.photo, row.face.y, row.face.x, row.face.width, row.face.height,
                    row.face.id);
  };
  return key(a) < key(b);
}

std::unordered_set<PhotoId> photos_on_disk(const Catalog& catalog) {
  std::unordered_set<PhotoId> photos;
  for (const PathRecord& path : catalog.paths())
    if (path.photo && !path.missing) photos.insert(*path.photo);
  return photos;
}

/// `embedded` is sorted, as are the catalog's faces.
std::vector<Row> rows_to_cluster(const Catalog& catalog, const std::vector<FaceId>& embedded,
                                 const std::map<FaceId, PersonId>& held) {
  std::unordered_map<PhotoId, Sha256> hashes;
  for (const PhotoRecord& photo : catalog.photos()) hashes.emplace(photo.id, photo.sha256);
  const std::unordered_set<PhotoId> on_disk = photos_on_disk(catalog);

  std::vector<Row> rows;
  std::size_t vector = 0;
  for (FaceRecord& face : catalog.faces()) {
    while (vector < embedded.size() && embedded[vector] < face.id) ++vector;
    if (vector == embedded.size()) break;
    if (embedded[vector] != face.id) continue;
    if (!on_disk.contains(face.photo) && !held.contains(face.id)) continue;
    const Sha256 photo = hashes.at(face.photo);
    rows.push_back({.face = std::move(face), .photo = photo, .vector = vector});
  }
  std::sort(rows.begin(), rows.end(), in_order_of_bytes);
  return rows;
}

// ---- which group is who

struct Overlap {
  std::int64_t faces = 0;
  PersonId person = 0;
  std::size_t group = 0;
};

/// The person of each group; kNone where it is not decided yet.
class GroupMatcher {
 public:
  explicit GroupMatcher(std::size_t groups) : person_(groups, kNone) {}

  void claim_by_name(std::size_t group, PersonId person) {
    const auto [owned, fresh] = group_of_.emplace(person, group);
    if (!fresh && owned->second != group)
      throw std::logic_error(fmt::format("the faces named person {} are in two groups", person));
    if (person_[group] != kNone && person_[group] != person)
      throw std::logic_error(
          fmt::format("one group holds the names of people {} and {}", person_[group], person));
    person_[group] = person;
  }

  /// Takes the largest overlaps first; ties by person, then by group, so that the result does not
  /// depend on anything else.
  void claim_by_overlap(std::vector<Overlap> overlaps) {
    std::sort(overlaps.begin(), overlaps.end(), [](const Overlap& a, const Overlap& b) {
      return std::tie(b.faces, a.person, a.group) < std::tie(a.faces, b.person, b.group);
    });
    for (const Overlap& overlap : overlaps)
      if (person_[overlap.group] == kNone &&
          group_of_.emplace(overlap.person, overlap.group).second)
        person_[overlap.group] = overlap.person;
  }

  std::vector<PersonId>& people() { return person_; }

 private:
  std::vector<PersonId> person_;
  std::unordered_map<PersonId, std::size_t> group_of_;
};

std::vector<Overlap> overlaps_with_people(const ClusteringInput& input,
                                          std::span<const std::int32_t> cluster,
                                          const std::map<FaceId, PersonId>& before) {
  std::map<std::pair<std::size_t, PersonId>, std::int64_t> counts;
  for (std::size_t i = 0; i < cluster.size(); ++i)
    if (const auto person = before.find(input.faces[i]); person != before.end())
      ++counts[{static_cast<std::size_t>(cluster[i]), person->second}];
  std::vector<Overlap> overlaps;
  overlaps.reserve(counts.size());
  for (const auto& [key, faces] : counts)
    overlaps.push_back({.faces = faces, .person = key.second, .group = key.first});
  return overlaps;
}

/// One past the largest group's number.
std::size_t count_groups(const ClusteringInput& input, std::span<const std::int32_t> cluster) {
  if (cluster.size() != input.faces.size())
    throw std::logic_error("a clustering needs one group for each face");
  std::size_t groups = 0;
  for (const std::int32_t group : cluster) {
    if (group < 0) throw std::logic_error("a face without a group");
    groups = std::max(groups, static_cast<std::size_t>(group) + 1);
  }
  return groups;
}

/// Adds people for the groups that nobody claimed; returns how many.
std::int64_t add_new_people(Catalog& catalog, std::span<const std::int32_t> cluster,
                            std::vector<PersonId>& person_of_group) {
  std::vector<bool> used(person_of_group.size());
  for (const std::int32_t group : cluster) used[static_cast<std::size_t>(group)] = true;
  std::int64_t added = 0;
  for (std::size_t group = 0; group < person_of_group.size(); ++group) {
    if (!used[group] || person_of_group[group] != kNone) continue;
    person_of_group[group] = catalog.add_person();
    ++added;
  }
  return added;
}

std::int64_t count_vanished(const std::vector<PersonRecord>& before,
                            const std::vector<PersonRecord>& after) {
  std::unordered_set<PersonId> remaining;
  for (const PersonRecord& person : after) remaining.insert(person.id);
  return std::count_if(before.begin(), before.end(),
                       [&](const PersonRecord& person) { return !remaining.contains(person.id); });
}

}  // namespace

ClusteringInput clustering_input(const Catalog& catalog, ModelId model) {
  const Catalog::Snapshot snapshot(catalog);
  const Catalog::Embeddings embeddings = catalog.embeddings(model);
  const std::map<FaceId, PersonId> held = faces_held_by_names(catalog.facts());
  const std::vector<Row> rows = rows_to_cluster(catalog, embeddings.faces, held);
  const std::size_t dimension =
      embeddings.faces.empty() ? 0 : embeddings.values.size() / embeddings.faces.size();

  ClusteringInput input;
  input.vectors.reserve(rows.size() * dimension);
  for (const Row& row : rows) {
    const auto vector =
        embeddings.values.begin() + static_cast<std::ptrdiff_t>(row.vector * dimension);
    input.vectors.insert(input.vectors.end(), vector,
                         vector + static_cast<std::ptrdiff_t>(dimension));
    const auto name = held.find(row.face.id);
    const PersonId person = name == held.end() ? kNone : name->second;
    input.faces.push_back(row.face.id);
    input.photo.push_back(row.face.photo);
    input.block.push_back(person);
    input.label.push_back(person);
  }
  return input;
}

Regrouping store_groups(Catalog& catalog, const ClusteringInput& input,
                        std::span<const std::int32_t> cluster) {
  Catalog::Transaction transaction(catalog);
  const std::map<FaceId, PersonId> before = catalog.memberships();
  const std::vector<PersonRecord> people_before = catalog.people();

  GroupMatcher matcher(count_groups(input, cluster));
  for (std::size_t i = 0; i < cluster.size(); ++i)
    if (input.block[i] != kNone)
      matcher.claim_by_name(static_cast<std::size_t>(cluster[i]), input.block[i]);
  matcher.claim_by_overlap(overlaps_with_people(input, cluster, before));

  Regrouping result;
  result.new_people = add_new_people(catalog, cluster, matcher.people());
  std::vector<std::pair<FaceId, PersonId>> memberships;
  std::unordered_set<PersonId> present;
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    const PersonId person = matcher.people()[static_cast<std::size_t>(cluster[i])];
    const auto old = before.find(input.faces[i]);
    if (old != before.end() && old->second != person) ++result.moved_faces;
    memberships.emplace_back(input.faces[i], person);
    present.insert(person);
  }
  catalog.set_memberships(memberships);
  result.people = std::ssize(present);
  result.vanished_people = count_vanished(people_before, catalog.people());
  transaction.commit();
  return result;
}

}  // namespace facenet
