// analyse_in_order() with a stand-in for the networks: who works on what, and in which order it
// arrives.
#include <atomic>
#include <chrono>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "pipeline/analyse.h"

namespace facenet {
namespace {

/// Says of each photo only its path, and takes longer for some than for others.
class SlowAnalyser : public Analyser {
 public:
  explicit SlowAnalyser(int threads) { options_.threads = threads; }

  const AnalyserOptions& options() const override { return options_; }
  void set_compute_threads(int threads) const override { compute_threads_ = threads; }
  std::vector<PhotoAnalysis> analyse(
      std::span<const AnalysisRequest> requests,
      const std::function<bool(const Sha256&)>& is_known) const override {
    std::vector<PhotoAnalysis> analyses;
    for (const AnalysisRequest& request : requests) {
      if (request.path == "fatal") throw Error("cannot go on");
      const int number = std::stoi(request.path);
      std::this_thread::sleep_for(std::chrono::microseconds(number % 7 * 100));
      PhotoAnalysis& analysis = analyses.emplace_back();
      analysis.format = request.path;
      analysis.sha256.bytes[0] = static_cast<std::uint8_t>(number);
      analysis.status = is_known && is_known(analysis.sha256) ? PhotoAnalysis::Status::kKnown
                                                              : PhotoAnalysis::Status::kAnalysed;
      ++analysed_;
    }
    return analyses;
  }
  std::vector<float> embed(std::span<const Image>) const override { return {}; }

  int compute_threads() const { return compute_threads_; }
  int analysed() const { return analysed_; }

 private:
  AnalyserOptions options_;
  mutable std::atomic<int> compute_threads_ = 0;
  mutable std::atomic<int> analysed_ = 0;
};

std::vector<AnalysisRequest> photos(int count) {
  std::vector<AnalysisRequest> requests;
  for (int i = 0; i < count; ++i) requests.push_back({std::to_string(i), std::nullopt});
  return requests;
}

TEST(AnalyseInOrder, EveryPhotoArrivesOnceInOrderOnTheCallersThread) {
  constexpr int kPhotos = 500;
  for (const int threads : {1, 2, 3, 8}) {
    const SlowAnalyser analyser(threads);
    std::size_t received = 0;
    const auto caller = std::this_thread::get_id();
    analyse_in_order(analyser, photos(kPhotos), {}, [&](std::size_t i, PhotoAnalysis&& analysis) {
      EXPECT_EQ(i, received++);
      EXPECT_EQ(analysis.format, std::to_string(i));
      EXPECT_EQ(std::this_thread::get_id(), caller);
      return true;
    });
    EXPECT_EQ(received, std::size_t{kPhotos}) << threads;
    EXPECT_EQ(analyser.analysed(), kPhotos) << threads;
    EXPECT_EQ(analyser.compute_threads(), 1) << "photos side by side are faster";
  }
}

TEST(AnalyseInOrder, FewPhotosLeaveThreadsToTheNetworks) {
  const SlowAnalyser analyser(8);
  analyse_in_order(analyser, photos(2), {}, [](std::size_t, PhotoAnalysis&&) { return true; });
  EXPECT_EQ(analyser.compute_threads(), 4);
}

TEST(AnalyseInOrder, WhatIsKnownIsAskedFromAllThreads) {
  const SlowAnalyser analyser(3);
  std::atomic<int> asked = 0;
  int known = 0;
  analyse_in_order(
      analyser, photos(100),
      [&](const Sha256& hash) {
        ++asked;
        return hash.bytes[0] < 40;
      },
      [&](std::size_t, PhotoAnalysis&& analysis) {
        known += analysis.status == PhotoAnalysis::Status::kKnown ? 1 : 0;
        return true;
      });
  EXPECT_EQ(asked, 100);
  EXPECT_EQ(known, 40);
}

TEST(AnalyseInOrder, AReceiverMayStopOrThrow) {
  const SlowAnalyser analyser(2);
  std::size_t seen = 0;
  analyse_in_order(analyser, photos(1000), {},
                   [&](std::size_t, PhotoAnalysis&&) { return ++seen < 3; });
  EXPECT_EQ(seen, 3U);
  EXPECT_LT(analyser.analysed(), 500) << "workers end soon after";
  EXPECT_THROW(
      analyse_in_order(analyser, photos(1000), {},
                       [](std::size_t, PhotoAnalysis&&) -> bool { throw Error("disk full"); }),
      Error);
}

TEST(AnalyseInOrder, WhatAWorkerThrowsReachesTheCaller) {
  const SlowAnalyser analyser(3);
  std::vector<AnalysisRequest> requests = photos(200);
  requests[90].path = "fatal";
  EXPECT_THROW(analyse_in_order(analyser, requests, {},
                                [](std::size_t i, PhotoAnalysis&&) {
                                  EXPECT_LT(i, 90U);
                                  return true;
                                }),
               Error);
}

}  // namespace
}  // namespace facenet
