#include "train/eval/videos.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <numeric>
#include <random>

#include "base/error.h"
#include "train/eval/identities.h"

namespace facenet {
namespace {

std::string trimmed(const std::string& text) {
  constexpr const char* kBlank = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlank);
  return begin == std::string::npos ? ""
                                    : text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find(',', begin), line.size());
    fields.push_back(trimmed(line.substr(begin, end - begin)));
    begin = end + 1;
  }
  return fields;
}

bool is_video(const std::string& name) {
  const std::size_t slash = name.find('/');
  return slash != std::string::npos && slash > 0 && slash + 1 < name.size();
}

/// False for anything but "1, Ann/0, Ben/2, 0".
bool read_pair(const std::vector<std::string>& fields, VideoPair& pair) {
  if (fields.size() != 4 || !is_video(fields[1]) || !is_video(fields[2])) return false;
  const char* end = fields[0].data() + fields[0].size();
  const auto [stop, error] = std::from_chars(fields[0].data(), end, pair.fold);
  if (error != std::errc() || stop != end || (fields[3] != "0" && fields[3] != "1")) return false;
  pair.first = fields[1];
  pair.second = fields[2];
  pair.same = fields[3] == "1";
  return true;
}

bool is_heading(const std::vector<std::string>& fields) {
  return fields.size() == 4 && !fields[0].empty() &&
         fields[0].find_first_of("0123456789") == std::string::npos;
}

/// Calls `use(first, second, same)` for each pair of a fold's videos.
template <class Use>
void for_each_pair(std::span<const std::string> videos, const Use& use) {
  for (std::size_t i = 0; i < videos.size(); ++i) {
    for (std::size_t j = i + 1; j < videos.size(); ++j) {
      use(videos[i], videos[j], person_of_video(videos[i]) == person_of_video(videos[j]));
    }
  }
}

/// A fold's pairs; none unless there are some of both kinds.
std::vector<VideoPair> pairs_of_fold(std::span<const std::string> videos, int fold,
                                     std::mt19937_64& random) {
  std::vector<VideoPair> pairs;
  std::uint64_t different = 0;
  for_each_pair(videos, [&](const std::string& first, const std::string& second, bool same) {
    if (same) pairs.push_back({first, second, true, fold});
    different += same ? 0 : 1;
  });
  if (pairs.empty() || different == 0) return {};
  // Each pair is taken with the probability wanted / left, which draws without replacement and
  // without a list (Knuth, volume 2, algorithm 3.4.2 S), and alike with every standard library.
  std::uint64_t wanted = std::min<std::uint64_t>(pairs.size(), different);
  for_each_pair(videos, [&](const std::string& first, const std::string& second, bool same) {
    if (same || random() % different-- >= wanted) return;
    pairs.push_back({first, second, false, fold});
    --wanted;
  });
  return pairs;
}

}  // namespace

void VideoMean::add(std::span<const float> vector) {
  sum_.resize(vector.size());
  std::transform(sum_.begin(), sum_.end(), vector.begin(), sum_.begin(), std::plus<>());
  ++faces_;
}

double mean_squared_distance(const VideoMean& a, const VideoMean& b) {
  if (a.faces_ == 0 || b.faces_ == 0) return HUGE_VAL;
  const double product = std::inner_product(a.sum_.begin(), a.sum_.end(), b.sum_.begin(), 0.0) /
                         (static_cast<double>(a.faces_) * static_cast<double>(b.faces_));
  return 2 - 2 * product;
}

std::vector<VideoPair> read_video_pairs(const std::string& path) {
  std::ifstream file(path);
  if (!file) fail("{}: cannot be read; give the splits file that comes with YouTube Faces", path);
  std::vector<VideoPair> pairs;
  int line_number = 0;
  for (std::string line; std::getline(file, line);) {
    ++line_number;
    const std::vector<std::string> fields = fields_of(line);
    if (trimmed(line).empty() || (line_number == 1 && is_heading(fields))) continue;
    VideoPair pair;
    if (!read_pair(fields, pair)) {
      fail("{}: line {} is not a pair: FOLD, PERSON/VIDEO, PERSON/VIDEO, 1 or 0", path,
           line_number);
    }
    pairs.push_back(std::move(pair));
  }
  if (pairs.empty()) fail("{}: has no pairs", path);
  return pairs;
}

std::vector<VideoPair> make_video_pairs(std::span<const std::string> videos, int folds,
                                        std::uint64_t seed) {
  std::vector<std::vector<std::string>> by_fold(static_cast<std::size_t>(folds));
  for (const std::string& video : videos) {
    by_fold[static_cast<std::size_t>(split_of(person_of_video(video), folds))].push_back(video);
  }
  std::mt19937_64 random(seed);
  std::vector<VideoPair> pairs;
  int used = 0;
  for (int fold = 0; fold < folds; ++fold) {
    const auto some = pairs_of_fold(by_fold[static_cast<std::size_t>(fold)], fold, random);
    pairs.insert(pairs.end(), some.begin(), some.end());
    used += some.empty() ? 0 : 1;
  }
  if (used < 2) {
    fail("too few people with two videos for a test over folds; add some, or give pairs");
  }
  return pairs;
}

std::string person_of_video(const std::string& video) {
  return video.substr(0, video.find('/'));
}

}  // namespace facenet
