#include "people/grouping/hold_back.h"

#include <algorithm>
#include <map>
#include <span>
#include <tuple>
#include <unordered_set>

namespace facenet {
namespace {

using Rows = std::vector<std::size_t>;

/// A person of before whose faces keep a group from being one.
struct Pole {
  PersonId person = 0;
  std::int32_t cluster = 0;
  std::size_t faces = 0;
  std::vector<double> sum;
};

double mean_distance(const std::vector<double>& sum, std::size_t faces, const Pole& pole) {
  double product = 0;
  for (std::size_t i = 0; i < sum.size(); ++i) product += sum[i] * pole.sum[i];
  return 2 - 2 * product / (static_cast<double>(faces) * static_cast<double>(pole.faces));
}

class Holder {
 public:
  Holder(const Catalog& catalog, LateVectors& vectors, std::vector<std::int32_t>& cluster)
      : input_(vectors.input()),
        cluster_(cluster),
        before_(catalog.memberships()),
        vectors_(vectors) {
    for (const PersonRecord& person : catalog.people()) {
      if (!person.hidden && person.merged_into == 0)
        (person.name.empty() ? nameless_ : named_).insert(person.id);
    }
  }

  std::vector<HeldBack> run() {
    std::map<std::int32_t, Rows> groups;
    for (std::size_t row = 0; row < cluster_.size(); ++row) groups[cluster_[row]].push_back(row);
    next_ = groups.empty() ? 0 : groups.rbegin()->first + 1;
    for (const auto& [number, rows] : groups) divide(number, rows);
    std::sort(held_back_.begin(), held_back_.end(), [](const HeldBack& a, const HeldBack& b) {
      return std::tie(a.named, a.other) < std::tie(b.named, b.other);
    });
    return std::move(held_back_);
  }

 private:
  /// Whose the face is by what was said, else whose it was; kNone: nobody's.
  PersonId owner(std::size_t row) const {
    if (input_.block[row] != kNone) return input_.block[row];
    const auto person = before_.find(input_.faces[row]);
    return person == before_.end() ? kNone : person->second;
  }

  void divide(std::int32_t number, const Rows& rows) {
    std::map<PersonId, Rows> owners;
    PersonId named = kNone;
    for (const std::size_t row : rows) {
      owners[owner(row)].push_back(row);
      if (input_.label[row] != kNone && named_.contains(input_.label[row]))
        named = input_.label[row];
    }
    if (named == kNone) return;
    std::vector<Pole> poles;
    const auto add_pole = [&](PersonId person, std::int32_t cluster, const Rows& faces) {
      poles.push_back({person, cluster, faces.size(), vectors_.sum(faces)});
      for (const std::size_t row : faces) cluster_[row] = cluster;
    };
    for (const auto& [person, faces] : owners)
      if (nameless_.contains(person) && std::ssize(faces) >= kFacesHeldBack) {
        if (poles.empty()) add_pole(named, number, owners[named]);
        add_pole(person, next_++, faces);
        held_back_.push_back({named, person, std::ssize(faces)});
      }
    if (poles.empty()) return;
    for (const auto& [person, faces] : owners) {
      if (person == kNone) {
        for (const std::size_t row : faces) give_to_nearest(Rows{row}, poles);
      } else if (std::none_of(poles.begin(), poles.end(),
                              [&](const Pole& pole) { return pole.person == person; })) {
        give_to_nearest(faces, poles);
      }
    }
  }

  void give_to_nearest(const Rows& rows, const std::vector<Pole>& poles) {
    const std::vector<double> sum = vectors_.sum(rows);
    const auto nearest =
        std::min_element(poles.begin(), poles.end(), [&](const Pole& a, const Pole& b) {
          return mean_distance(sum, rows.size(), a) < mean_distance(sum, rows.size(), b);
        });
    for (const std::size_t row : rows) cluster_[row] = nearest->cluster;
  }

  const ClusteringInput& input_;
  std::vector<std::int32_t>& cluster_;
  std::map<FaceId, PersonId> before_;
  LateVectors& vectors_;
  std::unordered_set<PersonId> named_, nameless_;
  std::int32_t next_ = 0;
  std::vector<HeldBack> held_back_;
};

}  // namespace

std::vector<HeldBack> hold_back(const Catalog& catalog, LateVectors& vectors,
                                std::vector<std::int32_t>& cluster) {
  return Holder(catalog, vectors, cluster).run();
}

}  // namespace facenet
