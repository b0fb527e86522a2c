#include "report/write_report.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <set>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "image/encode.h"
#include "report/pages.h"

namespace facenet {
namespace {

namespace fs = std::filesystem;

constexpr int kFaceEdge = 112, kPhotoEdge = 400;
constexpr int kFaceQuality = 75, kPhotoQuality = 65;

/// All faces that pages show, each once.
std::vector<FaceInPhoto> faces_of(const Report& report) {
  std::vector<FaceInPhoto> faces;
  std::set<FaceId> seen;
  const auto add = [&](const FaceInPhoto& there) {
    if (seen.insert(there.face.id).second) faces.push_back(there);
  };
  for (const ReportPerson& person : report.people) std::ranges::for_each(person.faces, add);
  for (const auto& [id, there] : report.listed) add(there);
  return faces;
}

/// Keeps a picture, and says what an <img> calls it. Called from several threads.
using Keep =
    std::function<std::string(const std::string& name, const std::vector<std::byte>& webp)>;

/// Makes the pictures of a report.
class PictureMaker {
 public:
  PictureMaker(const Report& report, const WriteOptions& options, Keep keep)
      : options_(options), keep_(std::move(keep)), faces_(faces_of(report)) {}

  ReportPictures make(WrittenReport& written) {
    std::set<PictureOfFace> photos;
    for (const FaceInPhoto& there : faces_) photos.insert(picture_of(there.face));
    cut_photos(faces_, {.face_edge = kFaceEdge, .photo_edge = kPhotoEdge}, options_.threads,
               [&](CutPhoto&& photo) {
                 take(photo, written);
                 const std::lock_guard lock(mutex_);
                 if (options_.progress) options_.progress(++done_, std::ssize(photos));
               });
    std::ranges::sort(written.failed);
    return std::move(pictures_);
  }

 private:
  void take(const CutPhoto& photo, WrittenReport& written) {
    const FaceInPhoto& first = faces_[photo.places.front()];
    if (!photo.error.empty()) {
      const std::lock_guard lock(mutex_);
      written.failed.emplace_back(first.path, photo.error);
      return;
    }
    std::vector<std::pair<FaceId, std::string>> kept;
    for (std::size_t i = 0; i < photo.places.size(); ++i) {
      const FaceId face = faces_[photo.places[i]].face.id;
      kept.emplace_back(face, keep_(file_name("faces", face),
                                    encode(photo.faces[i], ImageFormat::kWebp, kFaceQuality)));
    }
    std::string whole = keep_(file_name("photos", first.face.photo, first.face.time_ms),
                              encode(photo.photo, ImageFormat::kWebp, kPhotoQuality));
    const std::lock_guard lock(mutex_);
    for (auto& [face, source] : kept) pictures_.faces.emplace(face, std::move(source));
    pictures_.photos.emplace(picture_of(first.face), PhotoPicture{.source = std::move(whole),
                                                                  .width = photo.photo.width,
                                                                  .height = photo.photo.height});
    ++written.photos;
  }

  /// A thousand files a folder: "faces/12/12345.webp"; of a frame, "photos/12/12345-4200.webp".
  static std::string file_name(const char* folder, std::int64_t number,
                               std::optional<std::int64_t> time_ms = {}) {
    return fmt::format("{}/{}/{}{}.webp", folder, number / 1000, number,
                       time_ms ? fmt::format("-{}", *time_ms) : "");
  }

  const WriteOptions& options_;
  Keep keep_;
  std::vector<FaceInPhoto> faces_;
  std::mutex mutex_;
  ReportPictures pictures_;
  std::int64_t done_ = 0;
};

std::string_view text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A folder that is made beside `target` and gone again, unless it is put in its place.
class NewFolder {
 public:
  explicit NewFolder(const std::string& target) : target_(target) {
    constexpr int kTries = 100;
    std::random_device random;
    for (int i = 0; i < kTries; ++i) {
      path_ = fmt::format("{}.{:08x}", target, random());
      if (::mkdir(path_.c_str(), 0777) == 0) return;
      if (errno != EEXIST) break;
    }
    fail("{}: cannot make a folder there: {}", target, std::strerror(errno));
  }
  ~NewFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  /// Each with all folders above it. May be called from several threads.
  void write(const std::string& name, std::string_view bytes) const {
    const fs::path file = fs::path(path_) / name;
    make_folder(file.parent_path().string());
    std::ofstream out(file, std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!out.flush()) fail("{}: cannot write: {}", file.string(), std::strerror(errno));
  }

  /// In place of what is there.
  void put_in_place() {
    const std::string before = path_ + ".before";
    const bool has_one = file_exists(target_);
    if (has_one) rename(target_, before);
    rename(path_, target_);
    path_ = has_one ? before : "";
  }

 private:
  static void rename(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0)
      fail("{}: cannot be put in place: {}", to, std::strerror(errno));
  }

  std::string target_, path_;
};

constexpr const char* kMarker = ".facenet-report";

/// Throws Error unless the folder may be replaced.
void require_replaceable(const std::string& folder, bool force) {
  if (!file_exists(folder)) return;
  if (!fs::is_directory(fs::symlink_status(folder)))
    fail("{}: is there, and no folder; give another name", folder);
  if (fs::is_empty(folder)) return;
  if (!file_exists(folder + "/" + kMarker))
    fail("{}: holds files that are of no report; give a new or an empty folder", folder);
  if (!force) fail("{}: holds a report; give --force to replace it", folder);
  constexpr std::array kOwn = {kMarker, "index.html", "people", "faces", "photos"};
  for (const auto& entry : fs::directory_iterator(folder))
    if (std::ranges::find(kOwn, entry.path().filename().string()) == kOwn.end())
      fail("{}: holds a file beside the report; move it away first", entry.path().string());
}

}  // namespace

WrittenReport write_one_page(const Report& report, const std::string& file,
                             const WriteOptions& options) {
  require_free(file, options.force);
  if (report.face_count() > kMostFacesOfOnePage)
    fail("{} are too many for one page; give a folder in place of {}",
         counted(static_cast<long long>(report.face_count()), "face"), file);
  WrittenReport written;
  PictureMaker maker(report, options, [](const std::string&, const std::vector<std::byte>& webp) {
    return "data:image/webp;base64," + base64(text_of(webp));
  });
  const ReportPictures pictures = maker.make(written);
  const std::string page = ReportPages(report, pictures).index(PagePlace::kAlone);
  write_file_atomically(file, options.force, [&](std::ostream& out) { out << page; });
  return written;
}

WrittenReport write_pages(const Report& report, const std::string& folder,
                          const WriteOptions& options) {
  const std::string target = absolute_path(folder);
  require_replaceable(target, options.force);
  NewFolder made(target);
  WrittenReport written;
  PictureMaker maker(report, options,
                     [&](const std::string& name, const std::vector<std::byte>& webp) {
                       made.write(name, text_of(webp));
                       return name;
                     });
  const ReportPictures pictures = maker.make(written);
  const ReportPages pages(report, pictures);
  for (const ReportPerson& person : report.people) {
    stop_if_interrupted();
    made.write(person_file(person.id), pages.person(person));
  }
  made.write("index.html", pages.index(PagePlace::kTop));
  made.write(kMarker, "made by `facenet report`, which may replace this folder\n");
  made.put_in_place();
  return written;
}

}  // namespace facenet
