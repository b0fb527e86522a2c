#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "people/review.h"
#include "weights/embedder_options.h"

namespace facenet {

/// What takes too long to be found out while somebody waits.
struct Insight {
  std::int64_t version = 0;  ///< of the view that it is about
  ReviewQueue queue{};       ///< its first pairs
  std::string no_queue{};    ///< why there is none; else empty
  /// Of each person the faces that have vectors, the most typical first.
  std::unordered_map<PersonId, std::vector<FaceId>> order{};
  /// Faces that are hardly the person whom they are with, and how probably they are.
  std::map<FaceId, double> doubts{};
};

/// Finds it out anew, in a thread of its own, whenever the view has changed; where that takes long,
/// less often, so that whoever edits is not slowed down by it.
class InsightFinder {
 public:
  struct Options {
    std::string catalog{};
    EmbedderOptions embedder{};  ///< what vectors are meant
    bool model_given = false;    ///< else those that the catalog was last used with
    int threads = 1;
  };
  explicit InsightFinder(Options options);
  ~InsightFinder();
  InsightFinder(const InsightFinder&) = delete;
  InsightFinder& operator=(const InsightFinder&) = delete;

  /// There is a view of this version now.
  void ask(std::int64_t version);
  /// The last that was found; never null. Waits for one of this version, for so long at most.
  std::shared_ptr<const Insight> get(std::int64_t version = 0,
                                     std::chrono::milliseconds most = {}) const;

 private:
  void work();
  std::shared_ptr<const Insight> find(std::int64_t version);

  Options options_;
  mutable std::mutex mutex_;
  mutable std::condition_variable news_;
  std::int64_t wanted_ = 0;
  std::chrono::milliseconds last_took_{0};
  bool stopping_ = false;
  std::shared_ptr<const Insight> found_ = std::make_shared<const Insight>();
  std::jthread thread_;  ///< last: it uses all of the above
};

}  // namespace facenet
