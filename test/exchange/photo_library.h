#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "exchange/export_xmp.h"
#include "exchange/import_names.h"
#include "metadata/face_region.h"
#include "test/catalog/fixture.h"

namespace facenet {

/// Generated photos on disk, in a catalog that says where faces are in them and whose.
class PhotoLibraryTest : public testing::Test {
 protected:
  static constexpr int kWidth = 400, kHeight = 300;  ///< as stored

  /// A JPEG file that is to be turned like this (EXIF), with so many faces side by side, each of
  /// somebody of whom nothing is known. With `xmp` in its metadata.
  std::vector<FaceId> add_photo(const std::string& name, int faces, int orientation = 1,
                                const std::string& xmp = "");
  /// In fractions of the upright photo.
  FaceRegion place_of(FaceId face) const;
  FaceRegion marked(FaceId face, const std::string& name) const;
  std::string name_of(FaceId face) const;
  PersonId person_of(FaceId face) const;

  /// The sidecar text that marks these, as another program writes it: without facenet's notes.
  static std::string marks(const std::vector<FaceRegion>& stored, int width = kWidth,
                           int height = kHeight);

  XmpExport export_sidecars(SidecarStyle style = SidecarStyle::kAppended);
  NameImport import(bool dry_run = false);

  TemporaryFolder folder_, data_;
  Catalog catalog_{data_.path("catalog.db"), Catalog::Mode::kCreate};
};

}  // namespace facenet
