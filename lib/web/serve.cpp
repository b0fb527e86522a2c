#include "web/serve.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <malloc.h>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/logging.h"
#include "web/api.h"
#include "web/guard.h"

namespace facenet {
namespace {

using Clock = std::chrono::steady_clock;

/// Sees what others write to the catalog, settles what was said to it, and asks for what takes
/// longer to find out.
class Watcher {
 public:
  Watcher(Editor& editor, InsightFinder& insight)
      : editor_(editor), insight_(insight), thread_([this] { work(); }) {}
  ~Watcher() { stopping_ = true; }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

 private:
  void work() {
    constexpr std::chrono::milliseconds kStep{250};
    std::int64_t seen = 0;
    bool settled = false;
    Clock::time_point next_look = Clock::now();
    while (!stopping_) {
      const std::int64_t version = editor_.wait_for_other(seen, kStep)->version();
      if (version != seen) {
        insight_.ask(seen = version);
        settled = false;
      } else if (!settled) {  // once nobody waits for the next answer
        note([&] { settled = editor_.settle(); });
      }
      if (Clock::now() >= next_look) next_look = look();
    }
  }

  /// Says what goes wrong, once.
  void note(const std::function<void()>& work) {
    try {
      work();
      trouble_.clear();
    } catch (const Error& error) {
      if (trouble_ != error.what()) log_warning("{}", error.what());
      trouble_ = error.what();
    }
  }

  /// When to look again: that is a small part of the time, also where the catalog is large and
  /// others keep writing to it.
  Clock::time_point look() {
    constexpr std::chrono::milliseconds kLeast{500};
    constexpr int kRest = 5;
    const auto start = Clock::now();
    note([&] { editor_.look(); });
    const auto end = Clock::now();
    return end + std::max<Clock::duration>(kLeast, kRest * (end - start));
  }

  Editor& editor_;
  InsightFinder& insight_;
  std::string trouble_;
  std::atomic<bool> stopping_ = false;
  std::jthread thread_;  ///< last: it uses all of the above
};

}  // namespace

void serve(const ServeOptions& options,
           const std::function<void(const std::string& link)>& started) {
  ::mallopt(M_ARENA_MAX, 2);  // of the many threads few allocate much: no heap for each
  Editor editor(options.catalog);
  constexpr std::chrono::seconds kLongestQuestion{120}, kLongestLook{3600};
  InsightFinder insight([&](const std::atomic<bool>& stop) {
    const ChildRun run = run_facenet(options.insight, "", kLongestLook, &stop);
    if (run.status != 0) fail("{}", run.error);
    return insight_from(run.out);
  });
  PictureCache cache(picture_folder_of(options.catalog), options.cache_bytes);
  PictureShop pictures(cache, std::clamp(options.threads, 1, 4));
  std::optional<Guard> guard;
  std::optional<WebApi> api;
  HttpServer server(
      options.port, options.tries, {.body_of = WebApi::most_body},
      [&](const HttpHead& head) { return guard->refuse(head); },
      [&](const HttpRequest& request) { return api->answer(request); });
  guard.emplace(server.port());
  api.emplace(
      WebApi::Parts{.catalog = options.catalog,
                    .editor = editor,
                    .insight = insight,
                    .pictures = pictures,
                    .run = [&](std::vector<std::string> arguments, std::string_view input) {
                      arguments.insert(arguments.end(), {"--catalog", options.catalog, "-q"});
                      return run_facenet(arguments, input, kLongestQuestion);
                    }});
  const Watcher watcher(editor, insight);
  started(fmt::format("http://127.0.0.1:{}/#t={}", server.port(), guard->secret()));
  server.run();
}

}  // namespace facenet
