#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/places.h"
#include "picture/face_cutter.h"

namespace facenet {

/// A face as the page shows it.
struct ViewFace {
  FaceId id = 0;
  PhotoId photo = 0;
  float x = 0, y = 0, width = 0, height = 0;  ///< pixels of the upright photo
  float score = 0;
  std::optional<std::int64_t> time_ms{};  ///< of its frame in a video
  bool by_hand = false;                   ///< marked in another program, and found by no detector
};

/// Faces and photos of a catalog: what nothing that is said changes.
class ViewedPhotos {
 public:
  explicit ViewedPhotos(const Catalog& catalog);

  const std::vector<ViewFace>& faces() const { return faces_; }  ///< sorted by id
  const ViewFace* face(FaceId id) const;                         ///< null: there is none
  std::size_t place_of(FaceId id) const;                         ///< in faces(); past them: none
  const PhotoRecord* photo(PhotoId id) const;                    ///< null: there is none
  std::vector<ViewFace> faces_of(PhotoId photo) const;           ///< sorted by id
  const Places& places() const { return places_; }
  bool is_recognisable(FaceId face) const;
  std::int64_t count() const { return std::ssize(photos_); }

 private:
  std::vector<ViewFace> faces_;
  std::unordered_map<PhotoId, PhotoRecord> photos_;
  std::unordered_map<PhotoId, std::vector<FaceId>> faces_of_;
  Places places_;
  std::vector<FaceId> unrecognisable_;
};

/// A person as the page shows them.
struct ViewPerson {
  PersonId id = 0;
  std::string name{};  ///< empty: none
  bool hidden = false;
  std::vector<FaceId> faces{};  ///< of photos that are there, sorted
  FaceId cover = 0;             ///< the face to know them by; 0: none is there
  bool recognisable = true;     ///< false: no face is, and nothing was said of them
  /// Another one whenever their name, their faces or whether they are hidden changes: an edit says
  /// by it what it is about.
  std::string state{};
  std::int64_t since = 0;  ///< version of the view from which on they are so

  /// Whether the page shows them alike.
  bool looks_like(const ViewPerson& other) const;
};

/// Who everybody was at one moment. Never changed, so that many threads may read it.
class LibraryView {
 public:
  using People = std::vector<const ViewPerson*>;

  /// Reads all of it; `photos` are those of the catalog, where they are known.
  LibraryView(const Catalog& catalog, std::int64_t version,
              std::shared_ptr<const ViewedPhotos> photos = nullptr);
  /// The same, as what `before` has become.
  LibraryView(const LibraryView& before, const Catalog& catalog,
              std::shared_ptr<const ViewedPhotos> photos = nullptr);
  /// As `before`, but for these people, who are read again: quick in a large catalog, too. Of views
  /// made of the same one, only one may be made at a time.
  LibraryView(const LibraryView& before, const Catalog& catalog, const std::set<PersonId>& changed);

  std::int64_t version() const { return version_; }
  const std::shared_ptr<const ViewedPhotos>& photos() const { return photos_; }

  /// Those that `facenet people list --all` lists, and then those who are not recognisable; the
  /// largest first, ties by number.
  const People& people() const { return people_; }
  const ViewPerson* person(PersonId id) const;  ///< null: there is none, or it has no face there
  PersonId person_of(FaceId face) const;        ///< 0: nobody
  /// Whom a person was merged into; 0: nobody.
  PersonId merged_into(PersonId id) const;
  /// Who has changed or gone since a view of this version; nothing where that is not known.
  std::optional<std::vector<PersonId>> changed_since(std::int64_t version) const;

 private:
  void note_changes(const LibraryView& before);
  void leave_others_behind();
  void put(const PersonRecord& record, std::vector<FaceId> faces, People& people);

  std::int64_t version_;
  std::shared_ptr<const ViewedPhotos> photos_;
  /// Shared by views that follow each other, so that a new one need not copy or count everybody:
  /// who stands here stays as they are, and only whoever makes the next view adds to it.
  std::shared_ptr<std::deque<ViewPerson>> everybody_;
  std::size_t faces_kept_ = 0;  ///< of all of them, also of those of earlier views alone
  People people_, by_id_;
  std::vector<PersonId> homes_;  ///< of each of the photos' faces; 0: nobody
  std::unordered_map<PersonId, PersonId> merged_;
  std::int64_t first_version_;                       ///< since which changes are known
  std::unordered_map<PersonId, std::int64_t> gone_;  ///< and the version from which on
};

/// A face to cut out of its photo. Nothing: there is no such face. Without a path where the photo
/// is not there now, which is looked up on the disk.
std::optional<FaceInPhoto> face_in_photo(const ViewedPhotos& photos, FaceId face);

}  // namespace facenet
