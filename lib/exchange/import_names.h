#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "pipeline/analyse.h"

namespace facenet {

/// What looks at marked faces, and the model of which it makes vectors.
struct CloseAnalyser {
  std::unique_ptr<Analyser> analyser;
  ModelId model = 0;
};

struct NameImportOptions {
  std::vector<std::string> paths{};  ///< files and folders; empty: all photos of the catalog
  std::string csv{};                 ///< read this table (csv_marks.h), and not the photos
  std::string contacts{};            ///< a contacts.xml of Picasa's, for its lists in all folders
  bool dry_run = false;              ///< the catalog stays as it is
  /// Called when faces are marked where none was found, to look at them. Nothing: they get no
  /// vectors before the next clustering.
  std::function<CloseAnalyser()> make_analyser{};
  std::function<void(std::int64_t done, std::int64_t all)> progress{};
};

/// What came of a name.
struct ImportedName {
  std::string name;
  PersonId person = 0;     ///< who has it now
  bool is_new = false;     ///< nobody had it before
  std::int64_t fact = 0;   ///< that says so; 0: all was known
  std::int64_t named = 0;  ///< faces that became the person's
  std::int64_t known = 0;  ///< faces that were
  std::int64_t added = 0;  ///< of those named: marked where no face was found
};

/// A mark that was not followed.
struct UnusedMark {
  std::string photo;
  std::string name;
  std::string file;  ///< that has the mark
  FaceId face = 0;   ///< that it means; 0: none was found there
  std::string reason{};
};

/// Names of people in a photo of which it could not be told which face is whose.
struct UntoldNames {
  std::string photo;
  std::string file;
  std::vector<std::string> names;
};

struct NameImport {
  std::int64_t fact = 0;  ///< that began all of it, and undoes all of it; 0: nothing new was said

  std::vector<ImportedName> names;         ///< sorted by name
  std::vector<UnusedMark> contradictions;  ///< of each other, or of what was said before
  std::vector<UnusedMark> without_face;    ///< no face was found there, and none can be
  std::vector<UntoldNames> untold;         ///< by photo
  std::vector<std::string> warnings;       ///< faces of one photo that are one person now
  std::vector<std::pair<std::string, std::string>> problems;  ///< path and reason, sorted
  std::int64_t photos = 0;                                    ///< with marks
  std::int64_t unnamed = 0;                                   ///< marks without a name
  std::int64_t away = 0;                                      ///< photos that are not there now
};

/// Names people as other programs did: by the faces that they marked in photos (Metadata Working
/// Group's regions and Microsoft's), in sidecars and in Picasa's lists. A mark means the face that
/// facenet found in its place; where it found none, there is one now. These faces are that person
/// from now on, which counts as said, and the next clustering brings the others. Of a photo whose
/// people are named without their places (Google Takeout), a name counts where only one face can be
/// meant: what is left when faces whose names were said, or are marked, are taken away. What was
/// said in facenet before counts more than a mark. All is said in one step. `catalog`: its path.
/// All or nothing: throws Error, as photos_below() does, and Interrupted, and then nothing is
/// changed.
NameImport import_names(const std::string& catalog, const NameImportOptions& options);

}  // namespace facenet
