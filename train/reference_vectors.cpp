#include "train/reference_vectors.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/logging.h"
#include "base/npy.h"
#include "base/progress.h"
#include "nn/embedder.h"
#include "train/augment.h"

namespace facenet {
namespace {

std::string file_of(const ChipCache& cache, const ModelInfo& model, const std::string& sha256) {
  return fmt::format("{}.{}-{}-{}.npy", cache.path(), model.name, sha256.substr(0, 12),
                     cache.fingerprint().substr(0, 12));
}

}  // namespace

ReferenceVectors reference_vectors(const ChipCache& cache, const std::string& weights) {
  const Embedder embedder({.model = weights, .flip = true});
  const ModelInfo& model = embedder.model();
  const Augmenter cut(cache.geometry(), model);
  ReferenceVectors result{model, embedder.weights_sha256(), {}};
  const std::string path = file_of(cache, model, result.weights_sha256);
  if (file_exists(path)) {
    NpyMatrix known = read_npy(path);
    if (known.rows == static_cast<std::int64_t>(cache.size()) && known.columns == model.embedding) {
      result.values = std::move(known.values);
      return result;
    }
  }
  log_info("computing the vectors of {} for {} faces (once)", model.name, cache.size());
  Progress progress("faces", static_cast<std::int64_t>(cache.size()));
  constexpr std::size_t kAtOnce = 64;
  std::vector<float> values;
  for (std::size_t first = 0; first < cache.size(); first += kAtOnce) {
    if (interrupted()) return result;
    std::vector<Image> chips;
    for (std::size_t i = first; i < std::min(first + kAtOnce, cache.size()); ++i) {
      chips.push_back(cut.plain(cache.pixels(i)));
    }
    const std::vector<float> vectors = embedder.embed(chips);
    values.insert(values.end(), vectors.begin(), vectors.end());
    progress.update(static_cast<std::int64_t>(first + chips.size()));
  }
  write_npy(path, values, model.embedding, /*overwrite=*/true);
  result.values = std::move(values);
  return result;
}

}  // namespace facenet
