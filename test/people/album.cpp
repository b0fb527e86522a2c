#include "test/people/album.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "base/format.h"

namespace facenet {
namespace {

std::string path_of(int number) {
  return fmt::format("/{}.jpg", number);
}

}  // namespace

std::int32_t draw(Random& random, std::int32_t below) {
  return std::uniform_int_distribution<std::int32_t>(0, below - 1)(random);
}

std::vector<FaceId> AlbumTest::add_photo(int number, int faces) {
  std::vector<FaceRecord> records;
  records.reserve(static_cast<std::size_t>(faces));
  for (int i = 0; i < faces; ++i) records.push_back(make_face(10.0F * static_cast<float>(i), 5));
  std::vector<FaceId> ids;
  const PhotoId photo = catalog_.add_photo(make_photo(number), records, &ids);
  catalog_.put_path({.path = path_of(number), .photo = photo});
  for (const FaceId id : ids) {
    const auto angle = static_cast<float>(id);
    catalog_.put_embedding(id, model_, std::vector{std::cos(angle), std::sin(angle)});
  }
  return ids;
}

void AlbumTest::set_missing(int number, bool missing) {
  catalog_.set_missing(path_of(number), missing);
}

Regrouping AlbumTest::regroup(const std::vector<std::vector<FaceId>>& groups) {
  const ClusteringInput input = clustering_input(catalog_, model_);
  std::vector<std::int32_t> cluster;
  for (const FaceId face : input.faces) {
    const auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& faces) {
      return std::find(faces.begin(), faces.end(), face) != faces.end();
    });
    if (group == groups.end()) throw std::runtime_error("the test forgot a face");
    cluster.push_back(static_cast<std::int32_t>(group - groups.begin()));
  }
  return store_groups(catalog_, plan_groups(catalog_, input, cluster));
}

PersonId AlbumTest::person_of(FaceId face) const {
  const auto memberships = catalog_.memberships();
  const auto found = memberships.find(face);
  return found == memberships.end() ? -1 : found->second;
}

std::string AlbumTest::name_of(PersonId person) const {
  for (const PersonRecord& record : catalog_.people())
    if (record.id == person) return record.name;
  return "nobody";
}

}  // namespace facenet
