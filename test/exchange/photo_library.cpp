#include "test/exchange/photo_library.h"

#include "metadata/xmp_regions.h"
#include "pipeline/scan.h"
#include "test/image/samples.h"

namespace facenet {
namespace {

constexpr int kMostFaces = 4;

/// Face `number` of a photo, in fractions of the upright photo.
FaceRegion face_place(int number) {
  return {.x = 0.03 + number * 0.25, .y = 0.1 + number * 0.15, .width = 0.2, .height = 0.25};
}

}  // namespace

std::vector<FaceId> PhotoLibraryTest::add_photo(const std::string& name, int faces, int orientation,
                                                const std::string& xmp) {
  if (faces > kMostFaces) throw std::logic_error("no room for so many faces");
  const VipsImagePtr picture = test::vips_picture(test::asymmetric(kWidth, kHeight));
  if (!xmp.empty())
    vips_image_set_blob_copy(picture.get(), VIPS_META_XMP_NAME, xmp.data(), xmp.size());
  std::string jpeg = test::encode(picture.get(), "jpegsave_buffer");
  if (orientation != 1) jpeg = test::with_exif_orientation(jpeg, orientation);
  jpeg += name;  // so that no two photos are one
  const std::string path = folder_.write(name, jpeg);

  const bool turned = orientation >= 5;
  const int width = turned ? kHeight : kWidth;
  const int height = turned ? kWidth : kHeight;
  std::vector<FaceRecord> records;
  for (int i = 0; i < faces; ++i) {
    const FaceRegion place = face_place(i);
    FaceRecord record = make_face(0, 0);
    record.x = static_cast<float>(place.x * width);
    record.y = static_cast<float>(place.y * height);
    record.width = static_cast<float>(place.width * width);
    record.height = static_cast<float>(place.height * height);
    records.push_back(record);
  }
  std::vector<FaceId> ids;
  const PhotoId photo = catalog_.add_photo(
      {.id = 0, .sha256 = sha256_of_file(path), .format = "JPEG", .width = width, .height = height},
      records, &ids);
  FoundFile file;
  stat_file(path, file);
  catalog_.put_path({.path = path, .size = file.size, .mtime_ns = file.mtime_ns, .photo = photo});
  std::vector<std::pair<FaceId, PersonId>> memberships;
  for (const FaceId id : ids) memberships.emplace_back(id, catalog_.add_person());
  catalog_.set_memberships(memberships);
  return ids;
}

FaceRegion PhotoLibraryTest::place_of(FaceId face) const {
  for (const FaceRecord& record : catalog_.faces()) {
    if (record.id != face) continue;
    const PhotoRecord photo = catalog_.photo(record.photo);
    return {.x = static_cast<double>(record.x) / photo.width,
            .y = static_cast<double>(record.y) / photo.height,
            .width = static_cast<double>(record.width) / photo.width,
            .height = static_cast<double>(record.height) / photo.height};
  }
  throw std::logic_error("no such face");
}

FaceRegion PhotoLibraryTest::marked(FaceId face, const std::string& name) const {
  FaceRegion region = place_of(face);
  region.name = name;
  return region;
}

PersonId PhotoLibraryTest::person_of(FaceId face) const {
  return catalog_.memberships().at(face);
}

std::string PhotoLibraryTest::name_of(FaceId face) const {
  for (const PersonRecord& person : catalog_.people())
    if (person.id == person_of(face)) return person.name;
  return "";
}

std::string PhotoLibraryTest::marks(const std::vector<FaceRegion>& stored, int width, int height) {
  std::string text = with_regions("", {.width = width, .height = height, .regions = stored});
  for (const std::string word : {"facenet:Regions", "urn:facenet:xmp:1.0:", "xmlns:facenet"})
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word))
      text.replace(at, word.size(),
                   word.starts_with("urn")     ? "urn:other:"
                   : word.starts_with("xmlns") ? "xmlns:other"
                                               : "other:Regions");
  return text;
}

XmpExport PhotoLibraryTest::export_sidecars(SidecarStyle style) {
  return export_xmp(catalog_.path(), {.style = style});
}

NameImport PhotoLibraryTest::import(bool dry_run) {
  return import_names(catalog_.path(), {.dry_run = dry_run});
}

}  // namespace facenet
