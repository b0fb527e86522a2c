#pragma once

#include <array>
#include <string>
#include <vector>

#include "weights/safetensors.h"

namespace facenet {

/// What a max-margin object detection network (King 2015, dlib's loss_mmod) needs besides its
/// weights to turn its map of confidences into boxes; stored in the weights file's metadata.
struct MmodSettings {
  /// Width and height of the box that channel i of the map speaks of, in pixels of the network's
  /// input.
  std::vector<std::array<int, 2>> windows;
  /// Of two boxes one is dropped when their common area is more than this share of the area of the
  /// smallest box around both…
  double most_shared = 0;
  /// …or more than this share of one of them.
  double most_covered = 0;
  /// Zeros between the levels of the pyramid, and around it, that the network was trained with.
  int padding = 0, outer_padding = 0;
  /// Cell (x, y) of the map is centred on input pixel (first[0] + x * step[0], first[1] + y *
  /// step[1]).
  std::array<int, 2> first{}, step{};
};

inline constexpr const char* kMmodKey = "mmod";

std::string to_text(const MmodSettings& settings);
/// Throws Error that names the file: no settings in it, or damaged ones.
MmodSettings read_mmod_settings(const SafetensorsFile& file);

}  // namespace facenet
