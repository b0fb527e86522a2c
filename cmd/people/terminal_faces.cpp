#include "cmd/people/terminal_faces.h"

#include <vector>

#include "base/format.h"
#include "base/logging.h"

namespace facenet {

std::string TerminalFaces::draw(std::span<const FaceStack> stacks) {
  if (stacks.empty()) return "";
  std::vector<FaceInPhoto> faces;
  for (const FaceStack& stack : stacks) faces.push_back(stack.first);
  std::vector<Image> pictures(faces.size());
  cut_faces(faces, terminal_.face_edge(), threads_, [&](std::size_t i, FacePicture&& picture) {
    if (!picture.error.empty() && unreadable_.insert(faces[i].path).second)
      log_warning("{}: {}", faces[i].path, picture.error);
    pictures[i] = std::move(picture.image);
  });
  std::string sent = terminal_.draw(pictures);
  std::string numbers;
  for (const FaceStack& stack : stacks) {
    std::string number = fmt::format("face {}", stack.first.face.id);
    if (!stack.others.empty()) number += fmt::format(" +{}", stack.others.size());
    numbers += fmt::format("{:<{}}", number, terminal_.step());
  }
  numbers.erase(numbers.find_last_not_of(' ') + 1);
  return sent + numbers + '\n';
}

}  // namespace facenet
