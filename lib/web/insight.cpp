#include "web/insight.h"

#include <algorithm>
#include <new>
#include <span>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "library/library.h"
#include "library/recognise.h"
#include "library/review_queue.h"

namespace facenet {
namespace {

constexpr std::size_t kPairs = 200;  // that the page may skip through
constexpr std::size_t kWeighed = 8;  // least typical faces of a person: each costs a look at all

void find_order(const Recogniser& recogniser, Insight& insight) {
  const PeopleVectors& vectors = recogniser.people();
  for (const PeopleVectors::Member& member : vectors.people()) {
    std::vector<FaceId>& order = insight.order[member.id];
    for (const std::size_t row : vectors.most_typical(member))
      order.push_back(vectors.input().faces[row]);
    const std::size_t weighed = std::min(order.size(), kWeighed);
    for (const FaceId face : std::span(order).last(weighed)) {
      const Recognition known = recogniser.known(face, member.id);
      if (known.distance && known.threshold && *known.distance > *known.threshold)
        insight.doubts.emplace(face, known.probability);
    }
  }
}

}  // namespace

InsightFinder::InsightFinder(Options options)
    : options_(std::move(options)), thread_([this] { work(); }) {}

InsightFinder::~InsightFinder() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  news_.notify_all();
}

void InsightFinder::ask(std::int64_t version) {
  {
    const std::lock_guard lock(mutex_);
    wanted_ = std::max(wanted_, version);
  }
  news_.notify_all();
}

std::shared_ptr<const Insight> InsightFinder::get(std::int64_t version,
                                                  std::chrono::milliseconds most) const {
  std::unique_lock lock(mutex_);
  news_.wait_for(lock, most, [&] { return stopping_ || found_->version >= version; });
  return found_;
}

std::shared_ptr<const Insight> InsightFinder::find(std::int64_t version) {
  auto insight = std::make_shared<Insight>();
  insight->version = version;
  try {
    const Catalog catalog(options_.catalog, Catalog::Mode::kRead);
    const Catalog::Snapshot snapshot(catalog);
    EmbedderOptions embedder = options_.embedder;
    const CatalogModel model = model_of_catalog(catalog, embedder, options_.model_given);
    require_grouped(catalog);
    insight->queue = review_queue(catalog, model.id, model.points, kPairs, options_.threads);
    find_order(Recogniser(catalog, model), *insight);
  } catch (const Error& error) {
    insight->no_queue = error.what();
  } catch (const std::bad_alloc&) {
    insight->no_queue = "there is not enough memory to compare the people";
  }
  return insight;
}

void InsightFinder::work() {
  constexpr int kNice = 10;
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);  // of this thread alone
  constexpr std::chrono::milliseconds kShort{200}, kLongestPause{10'000};
  std::unique_lock lock(mutex_);
  for (;;) {
    news_.wait(lock, [&] { return stopping_ || wanted_ > found_->version; });
    if (last_took_ > kShort)
      news_.wait_for(lock, std::min(2 * last_took_, kLongestPause), [&] { return stopping_; });
    if (stopping_) return;
    const std::int64_t version = wanted_;
    lock.unlock();
    const auto start = std::chrono::steady_clock::now();
    auto insight = find(version);
    lock.lock();
    last_took_ = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - start);
    found_ = std::move(insight);
    news_.notify_all();
  }
}

}  // namespace facenet
