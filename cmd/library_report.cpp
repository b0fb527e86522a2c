#include "cmd/library_report.h"

#include "base/interrupt.h"
#include "base/logging.h"
#include "base/text.h"
#include "cmd/help/layout.h"

namespace facenet {

void report_problems(const LibraryUpdate& update) {
  for (const auto& [path, reason] : update.problems) log_warning("{}: {}", path, reason);
}

Json photo_counts_json(const LibraryUpdate& update) {
  return {{"scanned", update.scanned},
          {"new", update.fresh},
          {"changed", update.changed},
          {"unchanged", update.unchanged},
          {"moved", update.moved},
          {"missing", update.missing},
          {"unreadable", update.unreadable},
          {"excluded_folders", update.excluded.folders},
          {"excluded_files", update.excluded.files}};
}

std::string excluded_text(const ExcludedCounts& excluded) {
  std::vector<std::string> parts;
  if (excluded.folders > 0) parts.push_back(counted(excluded.folders, "folder"));
  if (excluded.files > 0) parts.push_back(counted(excluded.files, "file"));
  return parts.empty() ? "" : listed(parts, "and") + " excluded";
}

std::string summary(const LibraryUpdate& update) {
  std::string text = with_thousands(update.scanned) + " photos: ";
  const auto add = [&](std::int64_t count, const char* what) {
    if (count > 0) text += fmt::format("{} {}, ", with_thousands(count), what);
  };
  add(update.fresh, "new");
  add(update.changed, "changed");
  add(update.moved, "moved");
  add(update.unchanged, "unchanged");
  add(update.unreadable, "unreadable");
  add(update.missing, "missing");
  text.resize(text.size() - 2);
  if (const std::string excluded = excluded_text(update.excluded); !excluded.empty())
    text += "; " + excluded;
  return text + fmt::format("; {} faces embedded", with_thousands(update.embedded));
}

ExitStatus status_of(const LibraryUpdate& update, const std::vector<std::string>& roots) {
  if (update.interrupted) {
    log_warning("stopped; what was finished is kept, and the next run goes on from there");
    return interrupt_status();
  }
  if (!update.problems.empty()) return ExitStatus::kPartial;
  if (update.scanned == 0) {
    const std::string excluded = excluded_text(update.excluded);
    log_error("{}: no photos there{}; give folders or files with photos", briefly(roots),
              excluded.empty() ? "" : " (" + excluded + ')');
    return ExitStatus::kNegative;
  }
  return ExitStatus::kOk;
}

}  // namespace facenet
