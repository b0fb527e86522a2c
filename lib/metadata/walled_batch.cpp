#include "metadata/walled_batch.h"

#include <charconv>
#include <ostream>

#include "base/error.h"
#include "base/interrupt.h"
#include "walls/walled_work.h"

namespace facenet {
namespace {

/// Files that one process reads.
constexpr std::size_t kBatch = 64;

void write_answer(std::ostream& out, const WalledAnswer& answer) {
  out << (answer.is_error ? '-' : '+') << answer.text.size() << '\n' << answer.text;
}

/// Throws Error for what write_answer() does not write.
std::vector<WalledAnswer> read_answers(std::string_view bytes) {
  std::vector<WalledAnswer> answers;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    std::size_t size = 0;
    if (end == std::string_view::npos || end < 2) fail("an answer that makes no sense");
    const auto [at, error] = std::from_chars(bytes.data() + 1, bytes.data() + end, size);
    const bool is_error = bytes.front() == '-';
    bytes.remove_prefix(end + 1);
    if (error != std::errc() || size > bytes.size()) fail("an answer that makes no sense");
    answers.push_back({is_error, std::string(bytes.substr(0, size))});
    bytes.remove_prefix(size);
  }
  return answers;
}

class WalledBatch {
 public:
  /// `bytes`: how many a piece of work starts from, at most.
  WalledBatch(const std::vector<WalledJob>& jobs, std::size_t bytes) : jobs_(jobs), bytes_(bytes) {}

  /// One answer for each of these. If reading one of them ends the process, the others are read
  /// without it.
  void answer(std::size_t begin, std::size_t end, std::vector<WalledAnswer>& answers) const {
    try {
      std::vector<WalledAnswer> batch = answers_of(begin, end);
      if (batch.size() != end - begin) fail("an answer that makes no sense");
      answers.insert(answers.end(), batch.begin(), batch.end());
    } catch (const Interrupted&) {
      throw;
    } catch (const Error& error) {
      if (end - begin > 1) {
        for (std::size_t i = begin; i < end; ++i) answer(i, i + 1, answers);
        return;
      }
      std::string reason = error.what();
      if (const std::string prefix = jobs_[begin].file + ": "; reason.starts_with(prefix))
        reason.erase(0, prefix.size());
      answers.push_back({true, std::move(reason)});
    }
  }

 private:
  std::vector<WalledAnswer> answers_of(std::size_t begin, std::size_t end) const {
    constexpr std::int64_t kMebi = std::int64_t{1} << 20;
    const auto files = static_cast<std::int64_t>(end - begin);
    const WorkLimits limits{.most_memory = 512 * kMebi,
                            .most_output = files * (kMebi + 8 * static_cast<std::int64_t>(bytes_)),
                            .most_time = std::chrono::seconds(10 + files)};
    const MappedFile output = work_behind_walls(jobs_[begin].file, limits, [&](std::ostream& out) {
      for (std::size_t i = begin; i < end; ++i) write_answer(out, try_to_answer(i));
    });
    const auto bytes = output.bytes();
    return read_answers({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }

  WalledAnswer try_to_answer(std::size_t i) const {
    try {
      return {false, jobs_[i].work()};
    } catch (const Error& error) {
      return {true, error.what()};
    }
  }

  const std::vector<WalledJob>& jobs_;
  std::size_t bytes_;
};

}  // namespace

std::vector<WalledAnswer> answers_behind_walls(const std::vector<WalledJob>& jobs) {
  std::vector<WalledAnswer> answers;
  for (std::size_t begin = 0; begin < jobs.size(); begin += kBatch) {
    const std::size_t end = std::min(jobs.size(), begin + kBatch);
    std::size_t most = 0;
    for (std::size_t i = begin; i < end; ++i) most = std::max(most, jobs[i].bytes);
    WalledBatch(jobs, most).answer(begin, end, answers);
  }
  return answers;
}

}  // namespace facenet
