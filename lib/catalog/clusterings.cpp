// What the Catalog keeps of clusterings: the merge tree of each model, and the runs.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <unordered_map>

#include "catalog/damage.h"
#include "catalog/impl.h"
#include "catalog/query.h"
#include "sql/queries.h"

namespace facenet {
namespace {

static_assert(sizeof(TreeMerge) == 24, "a merge is stored as its 24 bytes");

template <class T>
std::vector<T> items_of(std::span<const std::byte> bytes) {
  std::vector<T> items(bytes.size() / sizeof(T));
  if (!items.empty()) std::memcpy(items.data(), bytes.data(), items.size() * sizeof(T));
  return items;
}

constexpr std::int64_t kMostFaces = std::numeric_limits<std::int32_t>::max();

/// Why the joins cannot be those of a clustering of the tree's faces; empty when they can. Clusters
/// are named by their first face, so each join takes the later of two names away.
std::string fault_of_merges(const MergeTree& tree) {
  std::unordered_map<FaceId, std::size_t> place;
  for (const FaceId face : tree.faces)
    if (!place.emplace(face, place.size()).second) return fmt::format("twice face {}", face);
  std::vector<std::uint8_t> gone(place.size());
  for (const TreeMerge& merge : tree.merges) {
    const auto first = place.find(merge.first);
    const auto second = place.find(merge.second);
    const bool fits = first != place.end() && second != place.end() &&
                      first->second < second->second && gone[first->second] == 0 &&
                      gone[second->second] == 0 && std::isfinite(merge.height);
    if (!fits)
      return fmt::format("a join of faces {} and {} at {}", merge.first, merge.second,
                         merge.height);
    gone[second->second] = 1;
  }
  return "";
}

MergeTree read_tree(const Query& row, const std::string& path) {
  const auto faces = row.bytes(2);
  const auto signatures = row.bytes(3);
  const auto merges = row.bytes(4);
  if (faces.size() % sizeof(FaceId) != 0 || signatures.size() != faces.size() ||
      merges.size() % sizeof(TreeMerge) != 0)
    throw_damaged_tree(path, fmt::format("{} bytes of faces, {} of signatures, {} of joins",
                                         faces.size(), signatures.size(), merges.size()));
  MergeTree tree{.settings = row.utf8(0),
                 .ceiling = row.number(1),
                 .faces = items_of<FaceId>(faces),
                 .signatures = items_of<std::uint64_t>(signatures),
                 .merges = items_of<TreeMerge>(merges)};
  if (const std::string fault = fault_of_merges(tree); !fault.empty())
    throw_damaged_tree(path, fault);
  return tree;
}

}  // namespace

std::optional<MergeTree> Catalog::merge_tree(ModelId model) const {
  Query query(impl_->database, sql::merge_tree, model);
  if (!query.next()) return std::nullopt;
  return read_tree(query, path());
}

void Catalog::put_merge_tree(ModelId model, const MergeTree& tree) {
  run(impl_->database, sql::put_merge_tree, model, tree.settings, tree.ceiling,
      std::as_bytes(std::span(tree.faces)), std::as_bytes(std::span(tree.signatures)),
      std::as_bytes(std::span(tree.merges)));
}

void Catalog::add_clustering(const ClusteringRecord& record) {
  run(impl_->database, sql::add_clustering, record.model, record.threshold,
      static_cast<std::int64_t>(record.rivals.of_one),
      static_cast<std::int64_t>(record.rivals.of_more), record.faces, record.people,
      record.new_people, record.vanished_people, record.churned_faces, record.kept_names,
      record.seconds, record.peak_bytes);
}

std::int64_t Catalog::data_version() const {
  constexpr std::int64_t kVersion = std::ssize(sql::migrations);
  Query file(impl_->database, sql::file_version);
  file.next();
  if (const std::int64_t version = file.integer(0); version != kVersion)
    fail("{}: another facenet has changed it meanwhile (to version {}; this one knows {})", path(),
         version, kVersion);
  Query query(impl_->database, sql::data_version);
  query.next();
  return query.integer(0);
}

std::optional<ClusteringRecord> Catalog::last_clustering() const {
  Query query(impl_->database, sql::last_clustering);
  if (!query.next()) return std::nullopt;
  ClusteringRecord record;
  record.created = query.utf8(0);
  record.model = query.integer(1);
  if (query.integer(2) != 0) record.threshold = query.number(3);
  record.rivals = {.of_one = static_cast<double>(query.integer(4, 0, kMostFaces)),
                   .of_more = static_cast<double>(query.integer(5, 0, kMostFaces))};
  record.faces = query.integer(6);
  record.people = query.integer(7);
  record.new_people = query.integer(8);
  record.vanished_people = query.integer(9);
  record.churned_faces = query.integer(10);
  record.kept_names = query.integer(11);
  record.seconds = query.number(12);
  record.peak_bytes = query.integer(13);
  return record;
}

std::vector<FaceId> Catalog::unrecognisable() const {
  std::vector<FaceId> faces;
  Query query(impl_->database, sql::unrecognisable);
  while (query.next()) faces.push_back(query.integer(0));
  return faces;
}

void Catalog::set_unrecognisable(std::span<const FaceId> faces) {
  Transaction transaction(*this);
  const std::vector<FaceId> before = unrecognisable();
  std::vector<FaceId> gone;
  std::vector<FaceId> fresh;
  std::ranges::set_difference(before, faces, std::back_inserter(gone));
  std::ranges::set_difference(faces, before, std::back_inserter(fresh));
  for (const FaceId face : gone) run(impl_->database, sql::remove_unrecognisable, face);
  for (const FaceId face : fresh) run(impl_->database, sql::put_unrecognisable, face);
  transaction.commit();
}

}  // namespace facenet
