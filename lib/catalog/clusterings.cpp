// What the Catalog keeps of clusterings: the merge tree of each model, and the runs.
#include <cstring>

#include "base/error.h"
#include "catalog/impl.h"
#include "catalog/query.h"
#include "sql/queries.h"

namespace facenet {
namespace {

static_assert(sizeof(TreeMerge) == 24, "a merge is stored as its 24 bytes");

template <class T>
std::vector<T> items_of(std::span<const std::byte> bytes, const std::string& path) {
  if (bytes.size() % sizeof(T) != 0)
    fail("{}: is damaged (a merge tree of {} bytes): run `facenet cluster --rebuild`", path,
         bytes.size());
  std::vector<T> items(bytes.size() / sizeof(T));
  if (!items.empty()) std::memcpy(items.data(), bytes.data(), bytes.size());
  return items;
}

}  // namespace

std::optional<MergeTree> Catalog::merge_tree(ModelId model) const {
  Query query(impl_->database, sql::merge_tree, model);
  if (!query.next()) return std::nullopt;
  MergeTree tree;
  tree.settings = query.text(0);
  tree.ceiling = query.number(1);
  tree.faces = items_of<FaceId>(query.bytes(2), path());
  tree.signatures = items_of<std::uint64_t>(query.bytes(3), path());
  tree.merges = items_of<TreeMerge>(query.bytes(4), path());
  if (tree.signatures.size() != tree.faces.size())
    fail(
        "{}: is damaged (a merge tree of {} faces with {} signatures): run `facenet cluster "
        "--rebuild`",
        path(), tree.faces.size(), tree.signatures.size());
  return tree;
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
  Query query(impl_->database, sql::data_version);
  query.next();
  return query.integer(0);
}

std::optional<ClusteringRecord> Catalog::last_clustering() const {
  Query query(impl_->database, sql::last_clustering);
  if (!query.next()) return std::nullopt;
  ClusteringRecord record;
  record.created = query.text(0);
  record.model = query.integer(1);
  if (query.integer(2) != 0) record.threshold = query.number(3);
  record.rivals = {.of_one = query.number(4), .of_more = query.number(5)};
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
  if (std::ranges::equal(unrecognisable(), faces)) return;
  Transaction transaction(*this);
  run(impl_->database, sql::forget_unrecognisable);
  for (const FaceId face : faces) run(impl_->database, sql::put_unrecognisable, face);
  transaction.commit();
}

}  // namespace facenet
