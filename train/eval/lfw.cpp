#include "train/eval/lfw.h"

#include <charconv>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "base/file.h"

namespace facenet {
namespace {

/// A positive number, 0 for anything else.
int number(const std::string& word) {
  int value = 0;
  const char* end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, value);
  return error == std::errc() && stop == end && value > 0 ? value : 0;
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(std::move(word));
  return words;
}

std::string image_of(const std::string& name, int image) {
  return fmt::format("{0}/{0}_{1:04}.jpg", name, image);
}

bool read_pair(std::vector<std::string> words, LfwPair& pair) {
  if (words.size() == 3) words.insert(words.begin() + 2, words[0]);
  if (words.size() != 4) return false;
  const int first = number(words[1]), second = number(words[3]);
  if (first == 0 || second == 0) return false;
  pair.same = words[0] == words[2];
  pair.first = image_of(words[0], first);
  pair.second = image_of(words[2], second);
  return true;
}

}  // namespace

std::vector<LfwPair> read_lfw_pairs(const std::string& path) {
  std::ifstream file(path);
  if (!file) fail("{}: cannot be read; it comes with Labeled Faces in the Wild", path);
  std::vector<LfwPair> pairs;
  int folds = 0, half = 0, line_number = 0;
  for (std::string line; std::getline(file, line);) {
    ++line_number;
    std::vector<std::string> words = words_of(line);
    if (words.empty()) continue;
    if (half == 0) {
      folds = words.size() == 2 ? number(words[0]) : 1;
      half = words.size() <= 2 ? number(words.back()) : 0;
      if (folds == 0 || half == 0) {
        fail("{}: line {} must hold the numbers of folds and of pairs", path, line_number);
      }
      continue;
    }
    LfwPair pair;
    pair.fold = static_cast<int>(std::ssize(pairs) / (2 * half));
    if (!read_pair(std::move(words), pair)) {
      fail("{}: line {} is not a pair: NAME I J, or NAME I OTHER J", path, line_number);
    }
    pairs.push_back(std::move(pair));
  }
  if (half == 0 || std::ssize(pairs) != 2LL * folds * half) {
    fail("{}: {} pairs, but its first line promises {}", path, pairs.size(), 2LL * folds * half);
  }
  return pairs;
}

std::string find_lfw_images(const std::string& root, const std::vector<LfwPair>& pairs) {
  for (const char* folder : {"", "/images", "/lfw"}) {
    if (file_exists(root + folder + "/" + pairs.front().first)) return root + folder;
  }
  fail("{}: no {} there, nor in its folders images and lfw", root, pairs.front().first);
}

}  // namespace facenet
