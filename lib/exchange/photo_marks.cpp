#include "exchange/photo_marks.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "exchange/sidecar.h"
#include "image/decode.h"
#include "metadata/picasa.h"
#include "metadata/takeout.h"
#include "metadata/walled_xmp.h"

namespace facenet {
namespace {

/// A photo's way of lying, which says where its regions are.
struct Lie {
  int width = 0, height = 0;  ///< upright
  int orientation = 1;
};

struct Source {
  std::size_t photo = 0;
  Lie lie;
};

bool has_shape(const FaceRegions& regions, int width, int height) {
  constexpr double kSameShape = 0.02;
  const double drawn = static_cast<double>(regions.width) / regions.height;
  const double seen = static_cast<double>(width) / height;
  return std::abs(drawn / seen - 1) <= kSameShape;
}

/// Regions that were drawn on a picture of another shape lie elsewhere in this one.
bool have_shape_of(const FaceRegions& regions, const Lie& lie) {
  return regions.width == 0 || regions.height == 0 || has_shape(regions, lie.width, lie.height) ||
         has_shape(regions, lie.height, lie.width);
}

/// Whether they may have been drawn on the upright picture.
bool say_upright_size(const FaceRegions& regions, const Lie& lie) {
  return lie.orientation >= 5 && regions.width != 0 && regions.height != 0 &&
         has_shape(regions, lie.width, lie.height) && !has_shape(regions, lie.height, lie.width);
}

/// What belongs to folders.
struct Folders {
  const PicasaContacts& contacts;
  TakeoutFiles& takeout;
  PicasaLists& picasa;
};

/// Of some photos at a time: all that strangers wrote is read together.
class MarkBatch {
 public:
  MarkBatch(const Folders& folders, std::span<const std::string> photos) : folders_(folders) {
    for (const std::string& photo : photos) {
      marks_.push_back({.photo = photo, .faces = {}, .problems = {}});
      gather(photo);
    }
  }

  std::vector<PhotoMarks> read() {
    const auto readings = read_regions_behind_walls(sources_);
    for (std::size_t i = 0; i < readings.size(); ++i)
      take(owners_[i], sources_[i].file, readings[i]);
    const auto takeout = read_takeout_behind_walls(takeout_texts_);
    for (std::size_t i = 0; i < takeout.size(); ++i) take(takeout_[i], takeout[i]);
    return std::move(marks_);
  }

 private:
  struct TakeoutSource {
    std::size_t photo = 0;
    TakeoutFile file;
  };

  void gather(const std::string& photo) {
    PhotoMarks& marks = marks_.back();
    Lie lie;
    try {
      const PhotoFile file(photo);
      lie = {file.width(), file.height(), file.orientation()};
      add(photo, file.xmp(), lie);
    } catch (const DecodeError& error) {
      marks.problems.emplace_back(photo, error.what());
      return;
    }
    for (const std::string& path : sidecars_of(photo))
      try_to_read(path, [&] { add(path, read_sidecar(path).value_or(""), lie); });
    for (const TakeoutFile& file : folders_.takeout.of(photo))
      try_to_read(file.path, [&] {
        const auto text = read_sidecar(file.path);
        if (!text) return;
        takeout_texts_.push_back({.file = file.path, .text = *text});
        takeout_.push_back({.photo = marks_.size() - 1, .file = file});
      });
    add_picasa(photo, lie);
  }

  /// What cannot be read is a problem of the photo at hand.
  template <class Read>
  void try_to_read(const std::string& path, const Read& read) {
    try {
      read();
    } catch (const Error& error) {
      std::string reason = error.what();
      if (reason.starts_with(path + ": ")) reason.erase(0, path.size() + 2);
      marks_.back().problems.emplace_back(path, std::move(reason));
    }
  }

  void add_picasa(const std::string& photo, const Lie& lie) {
    const std::size_t name = photo.rfind('/') + 1;
    const std::string folder = photo.substr(0, name);
    for (const char* const file : {".picasa.ini", "Picasa.ini"}) {
      const std::string path = folder + file;
      const auto [list, fresh] = folders_.picasa.try_emplace(path);
      auto& photos = list->second;
      if (fresh)
        try_to_read(path, [&] {
          if (const auto text = read_sidecar(path))
            photos = read_picasa(*text, contacts_beside(folder));
        });
      if (const auto found = photos.find(photo.substr(name)); found != photos.end())
        add_marks(marks_.size() - 1, path, found->second, lie, lie.orientation != 1);
    }
  }

  /// With those that were given.
  PicasaContacts contacts_beside(const std::string& folder) {
    const std::string path = folder + "contacts.xml";
    PicasaContacts contacts;
    try_to_read(path, [&] {
      const auto xml = read_sidecar(path);
      if (!xml) return;
      const std::vector<ForeignText> texts = {{.file = path, .text = *xml}};
      ContactsReading reading = std::move(read_contacts_behind_walls(texts).front());
      if (!reading.error.empty()) throw Error(reading.error);
      contacts = std::move(reading.contacts);
    });
    contacts.insert(folders_.contacts.begin(), folders_.contacts.end());
    return contacts;
  }

  void add(const std::string& file, std::string xmp, const Lie& lie) {
    if (xmp.empty()) return;
    sources_.push_back({.file = file, .xmp = std::move(xmp)});
    owners_.push_back({.photo = marks_.size() - 1, .lie = lie});
  }

  void take(const Source& owner, const std::string& file, const RegionReading& reading) {
    PhotoMarks& marks = marks_[owner.photo];
    if (!reading.error.empty()) {
      marks.problems.emplace_back(file, reading.error);
      return;
    }
    if (reading.regions.regions.empty()) return;
    if (!have_shape_of(reading.regions, owner.lie)) {
      marks.problems.emplace_back(
          file, fmt::format("its faces were marked in a picture of {} x {}; the photo has another "
                            "shape, as after cropping",
                            reading.regions.width, reading.regions.height));
      return;
    }
    add_marks(owner.photo, file, reading.regions, owner.lie,
              say_upright_size(reading.regions, owner.lie));
  }

  void take(const TakeoutSource& source, const TakeoutReading& reading) {
    PhotoMarks& marks = marks_[source.photo];
    if (!reading.error.empty())
      marks.problems.emplace_back(source.file.path, reading.error);
    else if (!reading.people.names.empty() &&
             (source.file.title.empty() || source.file.title == reading.people.title))
      marks.people.push_back({.file = source.file.path, .names = reading.people.names});
  }

  void add_marks(std::size_t photo, const std::string& file, const FaceRegions& regions,
                 const Lie& lie, bool is_ambiguous) {
    PhotoMarks& marks = marks_[photo];
    for (const FaceRegion& stored : regions.regions) {
      MarkedFace mark{.region = to_upright(stored, lie.orientation), .file = file};
      if (is_ambiguous) mark.as_drawn = stored;
      if (stored.name.empty())
        ++marks.unnamed;
      else if (!is_known(marks, mark.region))
        marks.faces.push_back(std::move(mark));
    }
  }

  static bool is_known(const PhotoMarks& marks, const FaceRegion& region) {
    constexpr double kSameFace = 0.5;
    return std::ranges::any_of(marks.faces, [&](const MarkedFace& known) {
      return known.region.name == region.name && overlap(known.region, region) >= kSameFace;
    });
  }

  Folders folders_;
  std::vector<PhotoMarks> marks_;
  std::vector<XmpSource> sources_;
  std::vector<Source> owners_;  ///< of each
  std::vector<ForeignText> takeout_texts_;
  std::vector<TakeoutSource> takeout_;  ///< of each
};

}  // namespace

std::vector<PhotoMarks> MarkReader::read(std::span<const std::string> photos) {
  return MarkBatch({contacts_, takeout_, picasa_}, photos).read();
}

}  // namespace facenet
