#include "train/reference_vectors.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/logging.h"
#include "base/npy.h"
#include "base/progress.h"
#include "nn/runtime/embedder.h"
#include "train/data/augment.h"

namespace facenet {
namespace {

std::string file_of(const ChipCache& cache, const ModelInfo& model, const std::string& sha256) {
  return fmt::format("{}.{}-{}-{}.npy", cache.path(), model.name, sha256.substr(0, 12),
                     cache.fingerprint().substr(0, 12));
}

/// The file's rows, of which there may be fewer than chips: an earlier run was stopped.
std::vector<float> known_values(const std::string& path, const ChipCache& cache, int embedding) {
  if (!file_exists(path)) return {};
  NpyMatrix known = read_npy(path);
  const bool fits =
      known.columns == embedding && known.rows <= static_cast<std::int64_t>(cache.size());
  return fits ? std::move(known.values) : std::vector<float>();
}

/// Appends the vectors of the chips that `values` lacks, and writes them to `path` at the end,
/// after a signal and every few minutes.
void complete(const ChipCache& cache, const Embedder& embedder, const std::string& path,
              std::vector<float>& values) {
  constexpr std::size_t kAtOnce = 64;
  constexpr std::chrono::minutes kSaveEvery(5);
  const auto embedding = static_cast<std::size_t>(embedder.model().embedding);
  const Augmenter cut(cache.geometry(), embedder.model());
  const std::size_t before = values.size() / embedding;
  log_info("computing the vectors of {} for {} faces (once)", embedder.model().name,
           cache.size() - before);
  Progress progress("faces", static_cast<std::int64_t>(cache.size() - before));
  auto saved = std::chrono::steady_clock::now();
  for (std::size_t first = before; first < cache.size() && !interrupted(); first += kAtOnce) {
    std::vector<Image> chips;
    for (std::size_t i = first; i < std::min(first + kAtOnce, cache.size()); ++i) {
      chips.push_back(cut.plain(cache.pixels(i)));
    }
    const std::vector<float> vectors = embedder.embed(chips);
    values.insert(values.end(), vectors.begin(), vectors.end());
    progress.update(static_cast<std::int64_t>(first - before + chips.size()));
    if (const auto now = std::chrono::steady_clock::now(); now - saved > kSaveEvery) {
      write_npy(path, values, embedder.model().embedding, /*overwrite=*/true);
      saved = now;
    }
  }
  write_npy(path, values, embedder.model().embedding, /*overwrite=*/true);
}

}  // namespace

ReferenceVectors reference_vectors(const ChipCache& cache, const std::string& weights,
                                   int embedding) {
  const Embedder embedder({.model = weights, .flip = true});
  const ModelInfo& model = embedder.model();
  if (model.embedding != embedding) {
    fail<UsageError>(
        "the vectors of {} have {} numbers, but those of the network have {}; give --embedding {}",
        model.name, model.embedding, embedding, model.embedding);
  }
  ReferenceVectors result{model, embedder.weights_sha256(), {}};
  const std::string path = file_of(cache, model, result.weights_sha256);
  result.values = known_values(path, cache, embedding);
  const std::size_t wanted = cache.size() * static_cast<std::size_t>(embedding);
  if (result.values.size() < wanted) complete(cache, embedder, path, result.values);
  if (result.values.size() < wanted) result.values.clear();
  return result;
}

}  // namespace facenet
