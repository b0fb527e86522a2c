#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "catalog/catalog.h"
#include "web/kept_catalog.h"
#include "web/library_view.h"

namespace facenet {

/// JSON keeps the order in which keys are set, as the documentation shows them.
using WebJson = nlohmann::ordered_json;

/// An edit that makes no sense as it was sent.
class BadEdit : public Error {
 public:
  using Error::Error;
};

/// An edit of people who are no longer as its sender saw them.
class StaleEdit : public Error {
 public:
  StaleEdit(const std::string& message, WebJson changed)
      : Error(message), changed_(std::move(changed)) {}
  /// Those people as they are now: person_summary(), or {"person", "gone": true}.
  const WebJson& changed() const { return changed_; }

 private:
  WebJson changed_;
};

/// {"person", "name", "face_count", "cover", "hidden", "recognisable", "state"}
WebJson person_summary(const ViewPerson& person);
/// The same, or {"person", "gone": true, "merged_into"} where nobody has the number (any more).
WebJson summary_of(const LibraryView& view, PersonId person);

/// Says to the catalog what the page says, by the functions that `facenet people` calls, and knows
/// who everybody is. May be called from several threads.
class Editor {
 public:
  /// Opens the catalog for writing. Throws Error.
  explicit Editor(const std::string& catalog);

  /// As of the last edit or look at the file.
  std::shared_ptr<const LibraryView> view() const;

  /// Says what `edit` says, durably, and returns what came of it; docs/serve.md describes both.
  /// Throws BadEdit, StaleEdit, and Error for what the catalog refuses.
  WebJson apply(const WebJson& edit);

  /// Looks whether others have written to the catalog, or put another in its place. Throws Error.
  void look();
  /// Why the last look failed; empty: it did not.
  std::string trouble() const;
  /// How many of the facts that apply() has answered are no longer in the catalog: an earlier copy
  /// was put in its place, or somebody was forgotten.
  std::int64_t lost() const;
  /// After a change: leaves it in the catalog's file alone, so that the file may be copied over.
  /// False: others are in the way. Throws Error.
  bool settle();

  /// Waits until the view is another than `version`, for so long at most.
  std::shared_ptr<const LibraryView> wait_for_other(std::int64_t version,
                                                    std::chrono::milliseconds most) const;

 private:
  // With `editing_` held:
  /// The catalog that is at the path now.
  Catalog& open();
  /// Reads again what others have changed.
  void refresh(const Catalog& catalog);
  /// Counts those of the facts said here that are not there.
  void look_for_lost(const Catalog& catalog);
  void set_trouble(const std::string& trouble);
  void set_view(std::shared_ptr<const LibraryView> view);

  std::mutex editing_;
  KeptCatalog catalog_;
  std::optional<std::int64_t> data_version_{};  ///< of the view, by this opening of the catalog
  std::set<std::int64_t> said_{};               ///< facts of apply() that are there

  mutable std::mutex view_mutex_;
  mutable std::condition_variable changed_;
  std::shared_ptr<const LibraryView> view_;
  std::string trouble_;
  std::int64_t lost_ = 0;
};

}  // namespace facenet
