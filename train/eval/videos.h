#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace facenet {

/// The mean vector of a video's faces, from which follows how far two videos are apart.
class VideoMean {
 public:
  /// The unit vector of one more face.
  void add(std::span<const float> vector);

  std::int64_t faces() const { return faces_; }

  /// The mean squared distance over all pairs of a face of `a` and a face of `b` (paper, section
  /// 5.7): 2 - 2 <mean a, mean b>, since the vectors have unit length. Infinite where one has no
  /// face.
  friend double mean_squared_distance(const VideoMean& a, const VideoMean& b);

 private:
  std::vector<double> sum_;
  std::int64_t faces_ = 0;
};

/// Two videos, "PERSON/VIDEO", of which it is known whether they show one person.
struct VideoPair {
  std::string first, second;
  bool same = false;
  int fold = 0;
};

/// Reads the splits file of YouTube Faces (Wolf et al. 2011): lines of the fold's number, two
/// videos and 1 for the same person or 0, with commas between; the first line may be a heading.
/// Throws Error with the line.
std::vector<VideoPair> read_video_pairs(const std::string& path);

/// Pairs for a folder that has no splits file: all pairs of videos of one person and, in each fold,
/// as many of two people, drawn with a seed. A person belongs to one of `folds` folds by a hash of
/// the name; folds without pairs of both kinds are left out. `videos`: "PERSON/VIDEO", each once,
/// sorted. Throws Error when fewer than two folds are left.
std::vector<VideoPair> make_video_pairs(std::span<const std::string> videos, int folds,
                                        std::uint64_t seed);

/// The person of "PERSON/VIDEO".
std::string person_of_video(const std::string& video);

}  // namespace facenet
