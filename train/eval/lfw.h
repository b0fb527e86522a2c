#pragma once

#include <string>
#include <vector>

namespace facenet {

/// A line of a pairs file of Labeled Faces in the Wild (Huang et al. 2007).
struct LfwPair {
  std::string first, second;  ///< "George_W_Bush/George_W_Bush_0001.jpg"
  bool same = false;
  int fold = 0;
};

/// Reads pairs.txt (first line: folds, pairs of each kind a fold) or pairsDevTrain.txt and
/// pairsDevTest.txt (first line: pairs of each kind). A line has a name and two numbers, or two
/// names with a number each. Throws Error with the line.
std::vector<LfwPair> read_lfw_pairs(const std::string& path);

/// The folder under `root` where the pairs' images are: root itself, images/ or lfw/. Throws Error.
std::string find_lfw_images(const std::string& root, const std::vector<LfwPair>& pairs);

}  // namespace facenet
