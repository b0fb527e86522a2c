#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace facenet {

/// $XDG_CACHE_HOME/facenet, by default ~/.cache/facenet; empty when neither is set.
std::string user_cache_folder();

/// Where the pictures of a catalog are kept between two runs; empty where there is no place.
std::string picture_folder_of(const std::string& catalog);

/// For a catalog that is to forget somebody: all its pictures go, as far as they can be removed.
void remove_pictures_of(const std::string& catalog);

/// WebP pictures in a folder, for their owner alone; those that were used longest ago go when there
/// are too many. What cannot be read or written is only made again: nothing here fails. For many
/// threads.
class PictureCache {
 public:
  /// At most so many bytes. With an empty `folder` it keeps nothing.
  PictureCache(std::string folder, std::int64_t most_bytes);

  /// `key`: what the picture is of, as a file's name. Nothing when it is not there, or damaged.
  std::optional<std::string> find(const std::string& key);
  void keep(const std::string& key, const std::string& webp);

  std::int64_t bytes() const;

 private:
  struct Entry {
    std::string key;
    std::int64_t size = 0;
  };
  using Entries = std::list<Entry>;  // the last used first

  std::string path_of(const std::string& key) const;
  void note(const std::string& key, std::int64_t size);
  void forget(const std::string& key);
  void make_room();

  std::string folder_;
  std::int64_t most_bytes_;
  mutable std::mutex mutex_;
  Entries entries_;
  std::unordered_map<std::string, Entries::iterator> places_;
  std::int64_t bytes_ = 0;
};

}  // namespace facenet
