#include "weights/script_options.h"

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <vector>

#include "base/error.h"

namespace facenet {
namespace {

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream in(text);
  for (std::string word; std::getline(in, word, ',');) words.push_back(word);
  return words;
}

float number(const std::string& word) {
  char* end = nullptr;
  const float value = std::strtof(word.c_str(), &end);
  // Written so that NaN is refused too.
  const bool valid = end != word.c_str() && *end == '\0' && value >= -1e6F && value <= 1e6F;
  if (!valid) fail<UsageError>("--pixels: \"{}\" is not a number", word);
  return value;
}

}  // namespace

void ScriptOptions::validate() const {
  constexpr int kLargest = 2048;
  if (input_size < 0 || input_size > kLargest) {
    fail<UsageError>("--input-size must lie between 1 and {}", kLargest);
  }
  parse_pixels(pixels);
}

bool is_script(const std::string& model) {
  return model.ends_with(".pt") || model.ends_with(".pth") || model.ends_with(".torchscript");
}

void check_trust(const std::string& path, const ScriptOptions& options) {
  if (options.trust) return;
  fail<UsageError>(
      "{}: a TorchScript file holds code that can do whatever you can do; give --trust if you "
      "trust "
      "the person who made it",
      path);
}

Normalisation parse_pixels(const std::string& text) {
  const std::vector<std::string> words = split(text);
  const bool is_one_for_all = words.size() == 3;
  if ((!is_one_for_all && words.size() != 7) || (words[0] != "rgb" && words[0] != "bgr")) {
    fail<UsageError>(
        "--pixels \"{}\" is not ORDER,MEAN,DIVISOR with rgb or bgr and one number each, or three "
        "(rgb,127.5,127.5 or rgb,123.675,116.28,103.53,58.395,57.12,57.375)",
        text);
  }
  Normalisation result;
  result.bgr = words[0] == "bgr";
  for (std::size_t c = 0; c < 3; ++c) {
    result.mean[c] = number(words[is_one_for_all ? 1 : 1 + c]);
    result.divisor[c] = number(words[is_one_for_all ? 2 : 4 + c]);
    if (result.divisor[c] == 0) fail<UsageError>("--pixels: a divisor is 0");
  }
  return result;
}

ModelInfo script_info(const std::string& path, const ScriptOptions& options) {
  ModelInfo info;
  info.name = std::filesystem::path(path).stem().string();
  info.kind = "embedder";
  info.network = "torchscript";
  info.height = info.width = options.input_size;
  info.embedding = options.dimension;
  info.normalisation = parse_pixels(options.pixels);
  info.alignment = options.alignment;
  info.provenance = {{"file", path}};
  return info;
}

}  // namespace facenet
