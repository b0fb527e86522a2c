#include "picture/portraits.h"

#include <algorithm>

#include "people/stacks/stacks.h"

namespace facenet {

std::vector<FaceStack> face_stacks(std::span<const FaceInPhoto> faces,
                                   std::span<const std::size_t> stacks) {
  std::vector<FaceStack> found;
  std::map<std::size_t, std::size_t> place;  // in `found`, of the stack that begins with a face
  for (std::size_t i = 0; i < faces.size(); ++i) {
    const auto [there, is_new] = place.emplace(stacks.empty() ? i : stacks[i], found.size());
    if (is_new)
      found.push_back({.first = faces[i]});
    else
      found[there->second].others.push_back(faces[i]);
  }
  return found;
}

PortraitRow portrait_row(const Portraits& portraits, std::size_t room) {
  PortraitRow row{.stacks = face_stacks(portraits.faces, portraits.stacks)};
  row.choice = choose_for_row(row.stacks.size(), room);
  const auto first = row.stacks.begin() + static_cast<std::ptrdiff_t>(row.choice.first);
  const auto last = row.stacks.end() - static_cast<std::ptrdiff_t>(row.choice.last);
  for (auto stack = first; stack != last; ++stack) row.left_out += 1 + std::ssize(stack->others);
  row.stacks.erase(first, last);
  return row;
}

PortraitBook::PortraitBook(const Catalog& catalog, const PeopleVectors& vectors)
    : vectors_(vectors), places_(catalog) {
  for (FaceRecord& face : catalog.faces()) faces_.emplace(face.id, std::move(face));
  for (PhotoRecord& photo : catalog.photos()) photos_.emplace(photo.id, std::move(photo));
  for (const auto& [face, person] : catalog.memberships()) faces_of_[person].push_back(face);
}

std::vector<FaceId> PortraitBook::in_order(PersonId person) const {
  std::vector<FaceId> order;
  if (const PeopleVectors::Member* const member = vectors_.find(person))
    for (const std::size_t row : vectors_.most_typical(*member))
      order.push_back(vectors_.input().faces[row]);
  std::set<FaceId> seen(order.begin(), order.end());
  if (const auto all = faces_of_.find(person); all != faces_of_.end())
    for (const FaceId face : all->second)
      if (seen.insert(face).second) order.push_back(face);
  return order;
}

Portraits PortraitBook::of(PersonId person) const {
  Portraits portraits;
  std::vector<PhotoMoment> moments;
  for (const FaceId id : in_order(person)) {
    const FaceRecord& face = faces_.at(id);
    const PathRecord* const place = places_.on_disk(face.photo);
    if (place == nullptr) {
      portraits.away.insert(face.photo);
      continue;
    }
    const PhotoRecord& photo = photos_.at(face.photo);
    portraits.faces.push_back({.face = face,
                               .path = place->path,
                               .photo_width = photo.width,
                               .photo_height = photo.height});
    moments.push_back(photo.moment);
  }
  portraits.stacks = stacks_of(moments);
  return portraits;
}

}  // namespace facenet
