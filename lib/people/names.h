#pragma once

#include <map>
#include <vector>

#include "catalog/records.h"

namespace facenet {

/// The named person of every face that a current name holds: the faces of all name facts since the
/// name was last taken away. Where two names claim a face, the later fact counts.
std::map<FaceId, PersonId> faces_held_by_names(const std::vector<FactRecord>& facts);

}  // namespace facenet
