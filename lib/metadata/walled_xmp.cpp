#include "metadata/walled_xmp.h"

#include <charconv>
#include <functional>
#include <ostream>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "walls/walled_work.h"

namespace facenet {
namespace {

/// Files that one process reads.
constexpr std::size_t kBatch = 64;

struct Answer {
  bool is_error = false;
  std::string text{};
};

void write_answer(std::ostream& out, const Answer& answer) {
  out << (answer.is_error ? '-' : '+') << answer.text.size() << '\n' << answer.text;
}

/// Throws Error for what write_answer() does not write.
std::vector<Answer> read_answers(std::string_view bytes) {
  std::vector<Answer> answers;
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
  using Name = std::function<const std::string&(std::size_t)>;
  using Work = std::function<std::string(std::size_t)>;

  /// `bytes`: how many a piece of work starts from, at most.
  WalledBatch(Name name, Work work, std::size_t bytes)
      : name_(std::move(name)), work_(std::move(work)), bytes_(bytes) {}

  /// One answer for each of these. If reading one of them ends the process, the others are read
  /// without it.
  void answer(std::size_t begin, std::size_t end, std::vector<Answer>& answers) const {
    try {
      std::vector<Answer> batch = answers_of(begin, end);
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
      if (const std::string prefix = name_(begin) + ": "; reason.starts_with(prefix))
        reason.erase(0, prefix.size());
      answers.push_back({true, std::move(reason)});
    }
  }

 private:
  std::vector<Answer> answers_of(std::size_t begin, std::size_t end) const {
    constexpr std::int64_t kMebi = std::int64_t{1} << 20;
    const auto files = static_cast<std::int64_t>(end - begin);
    const WorkLimits limits{.most_memory = 512 * kMebi,
                            .most_output = files * (kMebi + 8 * static_cast<std::int64_t>(bytes_)),
                            .most_time = std::chrono::seconds(10 + files)};
    const MappedFile output = work_behind_walls(name_(begin), limits, [&](std::ostream& out) {
      for (std::size_t i = begin; i < end; ++i) write_answer(out, try_to_answer(i));
    });
    const auto bytes = output.bytes();
    return read_answers({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }

  Answer try_to_answer(std::size_t i) const {
    try {
      return {false, work_(i)};
    } catch (const Error& error) {
      return {true, error.what()};
    }
  }

  Name name_;
  Work work_;
  std::size_t bytes_;
};

std::vector<Answer> answer_all(std::size_t count, const WalledBatch::Name& name,
                               const WalledBatch::Work& work,
                               const std::function<std::size_t(std::size_t)>& bytes) {
  std::vector<Answer> answers;
  for (std::size_t begin = 0; begin < count; begin += kBatch) {
    const std::size_t end = std::min(count, begin + kBatch);
    std::size_t most = 0;
    for (std::size_t i = begin; i < end; ++i) most = std::max(most, bytes(i));
    WalledBatch(name, work, most).answer(begin, end, answers);
  }
  return answers;
}

}  // namespace

std::vector<RegionReading> read_regions_behind_walls(std::span<const XmpSource> sources) {
  const auto answers = answer_all(
      sources.size(), [&](std::size_t i) -> const std::string& { return sources[i].file; },
      [&](std::size_t i) { return to_lines(read_regions(sources[i].xmp)); },
      [&](std::size_t i) { return sources[i].xmp.size(); });
  std::vector<RegionReading> readings;
  for (const Answer& answer : answers) {
    RegionReading& reading = readings.emplace_back();
    try {
      if (answer.is_error) throw Error(to_valid_utf8(answer.text));
      reading.regions = regions_of_lines(answer.text);
    } catch (const Error& error) {
      reading.error = error.what();
    }
  }
  return readings;
}

std::vector<SidecarText> write_regions_behind_walls(std::span<const SidecarJob> jobs) {
  const auto answers = answer_all(
      jobs.size(), [&](std::size_t i) -> const std::string& { return jobs[i].before.file; },
      [&](std::size_t i) { return with_regions(jobs[i].before.xmp, jobs[i].content); },
      [&](std::size_t i) {
        constexpr std::size_t kPerRegion = 4096;
        return jobs[i].before.xmp.size() + jobs[i].content.regions.size() * kPerRegion;
      });
  std::vector<SidecarText> texts;
  for (const Answer& answer : answers)
    texts.push_back(answer.is_error ? SidecarText{.error = to_valid_utf8(answer.text)}
                                    : SidecarText{.text = answer.text});
  return texts;
}

}  // namespace facenet
