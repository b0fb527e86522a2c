#include "exchange/told_names.h"

#include <algorithm>
#include <set>

#include "base/name_form.h"

namespace facenet {

ToldNames tell_names(const std::vector<FaceToTell>& faces, const std::vector<std::string>& names,
                     bool are_all) {
  std::set<std::string> taken;
  std::vector<FaceId> open;
  for (const FaceToTell& face : faces)
    if (face.name.empty())
      open.push_back(face.face);
    else
      taken.insert(fold_name(face.name));
  ToldNames told;
  for (const std::string& name : names)
    if (taken.insert(fold_name(name)).second) told.untold.push_back(name);
  if (are_all && open.size() == 1 && told.untold.size() == 1) {
    told.face = open.front();
    told.name = told.untold.front();
    told.untold.clear();
  }
  return told;
}

}  // namespace facenet
