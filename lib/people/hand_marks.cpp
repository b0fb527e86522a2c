#include "people/hand_marks.h"

#include "people/facts.h"

namespace facenet {

std::set<FaceId> faces_said(std::span<const FactRecord> facts) {
  std::set<FaceId> faces;
  for (const FactRecord& fact : facts)
    if (!fact.undone && ((fact.kind == fact_kind::kName && !fact.value.empty()) ||
                         fact.kind == fact_kind::kMove || fact.kind == fact_kind::kSplit))
      faces.insert(fact.given.begin(), fact.given.end());
  return faces;
}

void settle_hand_marks(Catalog& catalog) {
  Catalog::Transaction transaction(catalog);
  const std::set<FaceId> said = faces_said(catalog.facts());
  const std::vector<FaceRecord> there = catalog.faces();
  const std::vector<FaceRecord> withdrawn = catalog.withdrawn_faces();
  for (const FaceRecord& face : there)
    if (face.by_hand && !said.contains(face.id)) catalog.withdraw_face(face.id);
  for (const FaceRecord& face : withdrawn)
    if (said.contains(face.id)) catalog.bring_back_face(face.id, catalog.add_person());
  transaction.commit();
}

}  // namespace facenet
