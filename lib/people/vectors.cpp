#include "people/vectors.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace facenet {
namespace {

template <class A, class B>
double dot(const A& a, const B& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

/// Calls `work` with the sum of the person's core.
template <class Work>
double with_sum(const PeopleVectors::Member& person, const Work& work) {
  return person.sum.empty() ? work(person.only) : work(person.sum);
}

double dot_of_sums(const PeopleVectors::Member& a, const PeopleVectors::Member& b) {
  return with_sum(
      a, [&](const auto& x) { return with_sum(b, [&](const auto& y) { return dot(x, y); }); });
}

double dot_with_sum(const PeopleVectors::Member& person, std::span<const float> vector) {
  return with_sum(person, [&](const auto& sum) { return dot(sum, vector); });
}

}  // namespace

PeopleVectors::PeopleVectors(const Catalog& catalog, ModelId model) {
  const Catalog::Snapshot snapshot(catalog);
  input_ = clustering_input(catalog, model);
  vectors_ = load_vectors(catalog, model, input_);
  dimension_ = input_.faces.empty() ? 0 : vectors_.size() / input_.faces.size();
  const auto memberships = catalog.memberships();
  const std::vector<FaceId> weak = catalog.unrecognisable();
  std::map<PersonId, Member> people;
  for (std::size_t row = 0; row < input_.faces.size(); ++row) {
    const auto home = memberships.find(input_.faces[row]);
    if (home == memberships.end()) continue;
    Member& member = people[home->second];
    member.id = home->second;
    member.rows.push_back(row);
    if (!std::ranges::binary_search(weak, input_.faces[row])) member.core.push_back(row);
  }
  for (auto& [id, member] : people) {
    member.recognisable = !member.core.empty();
    if (!member.recognisable) member.core = member.rows;
    for (const std::size_t row : member.core) member.by_other += input_.by_other[row];
    if (member.core.size() == 1) {
      member.only = vector(member.core.front());
    } else {
      member.sum.resize(dimension_);
      for (const std::size_t row : member.core)
        for (std::size_t i = 0; i < dimension_; ++i)
          member.sum[i] += static_cast<double>(vector(row)[i]);
    }
    people_.push_back(std::move(member));
  }
}

double PeopleVectors::Member::share_by_other() const {
  return static_cast<double>(by_other) / static_cast<double>(core.size());
}

bool PeopleVectors::Member::is_core(std::size_t row) const {
  return std::ranges::binary_search(core, row);
}

std::span<const float> PeopleVectors::vector(std::size_t row) const {
  return std::span(vectors_).subspan(row * dimension_, dimension_);
}

const PeopleVectors::Member* PeopleVectors::find(PersonId id) const {
  const auto found =
      std::lower_bound(people_.begin(), people_.end(), id,
                       [](const Member& member, PersonId wanted) { return member.id < wanted; });
  return found == people_.end() || found->id != id ? nullptr : &*found;
}

std::vector<float> PeopleVectors::directions() const {
  std::vector<float> directions;
  directions.reserve(people_.size() * dimension_);
  for (const Member& member : people_) {
    const double length = std::sqrt(dot_of_sums(member, member));
    with_sum(member, [&](const auto& sum) {
      for (const auto value : sum)
        directions.push_back(length > 0 ? static_cast<float>(static_cast<double>(value) / length)
                                        : 0.0F);
      return length;
    });
  }
  return directions;
}

double PeopleVectors::cosine(const Member& a, const Member& b) {
  const double lengths = std::sqrt(dot_of_sums(a, a) * dot_of_sums(b, b));
  return lengths > 0 ? dot_of_sums(a, b) / lengths : 0;
}

double PeopleVectors::mean_distance(const Member& a, const Member& b) {
  const double pairs = static_cast<double>(a.core.size()) * static_cast<double>(b.core.size());
  return std::max(0.0, 2 - 2 * dot_of_sums(a, b) / pairs);  // never "-0.000" by rounding
}

double PeopleVectors::mean_distance(std::span<const float> vector, const Member& person) const {
  const double mean = dot_with_sum(person, vector) / static_cast<double>(person.core.size());
  return std::max(0.0, 2 - 2 * mean);
}

double PeopleVectors::spread(const Member& person) {
  const auto faces = static_cast<double>(person.core.size());
  if (faces < 2) return 0;
  return std::max(0.0, 2 * (faces * faces - dot_of_sums(person, person)) / (faces * (faces - 1)));
}

std::vector<std::size_t> PeopleVectors::most_typical(const Member& person) const {
  std::vector<std::pair<double, std::size_t>> order;
  for (const std::size_t row : person.rows)
    order.emplace_back(-dot_with_sum(person, vector(row)), row);
  std::sort(order.begin(), order.end());
  std::vector<std::size_t> rows;
  for (const auto& [distance, row] : order) rows.push_back(row);
  return rows;
}

}  // namespace facenet
