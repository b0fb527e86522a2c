#include "pipeline/forgotten_faces.h"

#include <algorithm>
#include <optional>

#include "pipeline/redetect.h"
#include "pipeline/store.h"

namespace facenet {
namespace {

/// For each face of `now` whether it is one that is not to be kept.
std::vector<bool> are_forgotten(std::span<const Face> known, std::span<const Face> forgotten,
                                std::span<const Face> now) {
  // Both at once: a face is the one that it overlaps most.
  std::vector<Face> before(known.begin(), known.end());
  before.insert(before.end(), forgotten.begin(), forgotten.end());
  const auto matches = match_faces(before, now);
  std::vector<bool> is_known(now.size());
  for (std::size_t i = 0; i < known.size(); ++i)
    if (matches[i]) is_known[*matches[i]] = true;
  std::vector<bool> result(now.size());
  for (std::size_t j = 0; j < now.size(); ++j)
    result[j] = !is_known[j] && std::ranges::any_of(forgotten, [&](const Face& place) {
      return overlap_at(now[j], place.box, place.time_ms) >= kSameFaceOverlap;
    });
  return result;
}

/// Only these faces, with what belongs to them.
PhotoAnalysis selected_faces(const PhotoAnalysis& analysis, const std::vector<bool>& left_out) {
  PhotoAnalysis rest = analysis;
  rest.faces.clear();
  rest.chips.clear();
  rest.embeddings.clear();
  rest.evidence.clear();
  for (std::size_t i = 0; i < analysis.faces.size(); ++i) {
    if (left_out[i]) continue;
    rest.faces.push_back(analysis.faces[i]);
    if (!analysis.chips.empty()) rest.chips.push_back(analysis.chips[i]);
    if (!analysis.evidence.empty()) rest.evidence.push_back(analysis.evidence[i]);
    if (analysis.embeddings.empty()) continue;
    const auto vector = vector_of(analysis, i);
    rest.embeddings.insert(rest.embeddings.end(), vector.begin(), vector.end());
  }
  return rest;
}

}  // namespace

PhotoAnalysis without_forgotten(const Catalog& catalog, std::span<const Face> known,
                                const PhotoAnalysis& analysis) {
  std::vector<Face> forgotten;
  for (const ForgottenPlace& place : catalog.forgotten_places(analysis.sha256))
    forgotten.push_back({.box = {place.x, place.y, place.width, place.height},
                         .score = 0,
                         .landmarks = {},
                         .time_ms = place.time_ms});
  if (forgotten.empty()) return analysis;
  return selected_faces(analysis, are_forgotten(known, forgotten, analysis.faces));
}

}  // namespace facenet
