#include "web/picture_cache.h"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <sys/stat.h>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"

namespace facenet {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEnding = ".webp";

/// A WebP file says how long it is: what a full disk or a power cut has left does not.
bool is_whole_webp(const std::string& bytes) {
  constexpr std::size_t kHead = 12;
  if (bytes.size() < kHead || !bytes.starts_with("RIFF") || bytes.compare(8, 4, "WEBP") != 0)
    return false;
  std::size_t size = 0;
  for (std::size_t i = 0; i < 4; ++i)
    size |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[4 + i])) << (8 * i);
  return size + 8 == bytes.size();
}

}  // namespace

std::string user_cache_folder() {
  const auto variable = [](const char* name) {
    const char* const value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  if (const std::string folder = variable("XDG_CACHE_HOME"); folder.starts_with('/'))
    return folder + "/facenet";
  const std::string home = variable("HOME");
  return home.empty() ? "" : home + "/.cache/facenet";
}

std::string picture_folder_of(const std::string& catalog) {
  const std::string folder = user_cache_folder();
  if (folder.empty()) return "";
  const std::string path = absolute_path(catalog);
  constexpr std::size_t kDigits = 16;
  return folder + "/faces-" + sha256(std::as_bytes(std::span(path))).hex().substr(0, kDigits);
}

void remove_pictures_of(const std::string& catalog) {
  std::error_code ignored;
  if (const std::string folder = picture_folder_of(catalog); !folder.empty())
    fs::remove_all(folder, ignored);
}

PictureCache::PictureCache(std::string folder, std::int64_t most_bytes)
    : folder_(std::move(folder)), most_bytes_(most_bytes) {
  if (folder_.empty()) return;
  try {
    make_folder(folder_);
    ::chmod(folder_.c_str(), S_IRWXU);
    struct Found {
      fs::file_time_type used;
      Entry entry;
    };
    std::vector<Found> found;
    for (const auto& file : fs::directory_iterator(folder_))
      if (file.path().extension() == kEnding)
        found.push_back(
            {file.last_write_time(),
             {file.path().stem().string(), static_cast<std::int64_t>(file.file_size())}});
    std::ranges::sort(found, {}, &Found::used);
    for (const Found& file : found) note(file.entry.key, file.entry.size);
    make_room();
  } catch (const std::exception&) {
    folder_.clear();
  }
}

std::string PictureCache::path_of(const std::string& key) const {
  return folder_ + "/" + key + kEnding;
}

/// The mutex is held, or nobody else is there yet.
void PictureCache::note(const std::string& key, std::int64_t size) {
  forget(key);
  entries_.push_front({key, size});
  places_[key] = entries_.begin();
  bytes_ += size;
}

void PictureCache::forget(const std::string& key) {
  const auto place = places_.find(key);
  if (place == places_.end()) return;
  bytes_ -= place->second->size;
  entries_.erase(place->second);
  places_.erase(place);
}

void PictureCache::make_room() {
  while (bytes_ > most_bytes_ && !entries_.empty()) {
    const std::string key = entries_.back().key;
    std::error_code ignored;
    fs::remove(path_of(key), ignored);
    forget(key);
  }
}

std::optional<std::string> PictureCache::find(const std::string& key) {
  {
    const std::lock_guard lock(mutex_);
    const auto place = places_.find(key);
    if (place == places_.end()) return {};
    entries_.splice(entries_.begin(), entries_, place->second);
  }
  std::ifstream file(path_of(key), std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (is_whole_webp(bytes)) {
    ::utimensat(AT_FDCWD, path_of(key).c_str(), nullptr, 0);  // used now
    return bytes;
  }
  const std::lock_guard lock(mutex_);
  forget(key);
  return {};
}

void PictureCache::keep(const std::string& key, const std::string& webp) {
  if (folder_.empty()) return;
  const std::string path = path_of(key);
  const std::string part = path + ".part";
  {
    const std::lock_guard lock(mutex_);
    std::ofstream file(part, std::ios::binary);
    file.write(webp.data(), static_cast<std::streamsize>(webp.size()));
    file.close();
    std::error_code error;
    if (file) fs::rename(part, path, error);
    if (!file || error) {
      fs::remove(part, error);
      return;
    }
    note(key, std::ssize(webp));
    make_room();
  }
}

std::int64_t PictureCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace facenet
