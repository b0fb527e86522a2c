#pragma once

#include <cstdint>
#include <string>

#include "base/random.h"
#include "image/image.h"
#include "train/data/chip_cache_writer.h"

namespace facenet {

/// A chip of noise.
inline Image noise_chip(const ChipGeometry& geometry, std::uint64_t seed) {
  Image chip(geometry.side(), geometry.side());
  Random random(seed);
  for (std::uint8_t& value : chip.pixels) value = static_cast<std::uint8_t>(random.below(256));
  return chip;
}

/// Writes a cache of noise, chip i being noise_chip(geometry, i): `people` people with `images`
/// chips each.
inline void write_noise_cache(const std::string& path, const ChipGeometry& geometry, int people,
                              int images) {
  ChipCacheWriter writer(path, geometry, "noise");
  std::vector<LabelledImage> labelled;
  for (int i = 0; i < people * images; ++i) {
    const std::string photo = fmt::format("/photos/{:04}.jpg", i);
    labelled.push_back({photo, fmt::format("person {:03}", i / images)});
    writer.add_chip({photo, i, i}, sha256(std::as_bytes(std::span(photo))),
                    noise_chip(geometry, static_cast<std::uint64_t>(i)));
  }
  writer.finish(labelled);
}

}  // namespace facenet
