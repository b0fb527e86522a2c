#include "cmd/library_report.h"

#include "base/interrupt.h"
#include "base/logging.h"
#include "base/text.h"
#include "image/skipped.h"

namespace facenet {

void add_strict(CommandLine& line, bool& strict) {
  line.flag("strict", strict,
            "list photos that an earlier run could not read either, and exit with 3 for them, too");
}

void add_videos(CommandLine& line, AnalyserOptions& options) {
  line.flag("videos", options.videos,
            "read videos, too: MP4, QuickTime, Matroska, WebM, AVI and MPEG transport streams. A "
            "person in a video counts as one face, in the frame that shows the person best. Videos "
            "that were read once stay in the catalog without this option");
}

void report_problems(const LibraryUpdate& update, bool strict) {
  for (const auto& [path, reason] : update.problems) log_warning("{}: {}", path, reason);
  const auto known = std::ssize(update.known_problems);
  if (strict) {
    for (const auto& [path, reason] : update.known_problems) log_warning("{}: {}", path, reason);
  } else if (known > 0) {
    log_info("{} could not be read, as before; `facenet photos --unreadable` lists {}",
             counted(known, "photo"), known == 1 ? "it" : "them");
  }
  if (!update.skipped.empty()) log_info("{}", skipped_text(update.skipped, true));
  report_unfollowed(update.unfollowed_links);
}

void report_unfollowed(std::int64_t links) {
  if (links == 0) return;
  log_info("{} out of these folders, not followed; --follow-links reads what is there",
           links == 1 ? "1 link leads" : with_thousands(links) + " links lead");
}

namespace {

/// Of files that no option would read.
std::string unread_text(const std::map<std::string, std::int64_t>& counts) {
  std::vector<std::string> kinds;
  for (const auto& [kind, count] : counts)
    kinds.push_back(fmt::format("{} {}", with_thousands(count), kind));
  const char* ending = kinds.size() == 1   ? "files; facenet does not read such"
                       : kinds.size() == 2 ? "files; facenet reads neither"
                                           : "files; facenet reads none of these";
  if (counts.size() == 1 && counts.begin()->second == 1)
    ending = "file; facenet does not read such";
  return fmt::format("{} {}", fmt::join(kinds, ", "), ending);
}

}  // namespace

std::string skipped_text(const std::map<std::string, std::int64_t>& all, bool hint) {
  std::map<std::string, std::int64_t> counts = all;
  std::vector<std::string> sentences;
  if (const auto moments = counts.extract(std::string(kSkippedMoment)))
    sentences.push_back(fmt::format("{} of Live Photos, whose photos are read",
                                    counted(moments.mapped(), "short video")));
  if (const auto videos = counts.extract(std::string(kSkippedVideo))) {
    const char* const hints =
        videos.mapped() == 1 ? "; --videos reads it" : "; --videos reads them";
    sentences.push_back(counted(videos.mapped(), "video") +
                        (hint ? hints : ", which this command does not read"));
  }
  if (!counts.empty()) sentences.push_back(unread_text(counts));
  return sentences.empty() ? "" : fmt::format("skipped {}", fmt::join(sentences, "; "));
}

Json photo_counts_json(const LibraryUpdate& update) {
  return {{"scanned", update.scanned},
          {"new", update.fresh},
          {"changed", update.changed},
          {"unchanged", update.unchanged},
          {"moved", update.moved},
          {"missing", update.missing},
          {"unreadable", update.unreadable},
          {"without_faces", update.without_faces},
          {"forgotten", update.forgotten},
          {"forgotten_face_count", update.forgotten_faces},
          {"skipped", update.skipped},
          {"excluded_folders", update.excluded.folders},
          {"excluded_files", update.excluded.files},
          {"files_of_other_shards", update.excluded.files_of_other_shards}};
}

std::string excluded_text(const ExcludedCounts& excluded) {
  std::vector<std::string> parts;
  if (excluded.folders > 0) parts.push_back(counted(excluded.folders, "folder"));
  if (excluded.files > 0) parts.push_back(counted(excluded.files, "file"));
  std::string text = parts.empty() ? "" : listed(parts, "and") + " excluded";
  if (excluded.files_of_other_shards > 0)
    text += fmt::format("{}{} left to other shards", text.empty() ? "" : "; ",
                        counted(excluded.files_of_other_shards, "file"));
  return text;
}

std::string forgotten_text(const LibraryUpdate& update) {
  std::vector<std::string> parts;
  if (update.forgotten > 0) parts.push_back(counted(update.forgotten, "photo"));
  if (update.forgotten_faces > 0) parts.push_back(counted(update.forgotten_faces, "face"));
  return parts.empty() ? "" : listed(parts, "and") + " left out, as you forgot them";
}

std::string summary(const LibraryUpdate& update) {
  std::string text = counted(update.scanned, "photo") + ": ";
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
  if (const std::string forgotten = forgotten_text(update); !forgotten.empty())
    text += "; " + forgotten;
  if (update.without_faces > 0)
    text += fmt::format("; {} without faces", with_thousands(update.without_faces));
  if (const std::string excluded = excluded_text(update.excluded); !excluded.empty())
    text += "; " + excluded;
  return text + fmt::format("; {} embedded", counted(update.embedded, "face"));
}

ExitStatus status_of(const LibraryUpdate& update, const std::vector<std::string>& roots,
                     bool strict) {
  if (update.interrupted)
    return stopped("stopped; what was finished is kept, and the next run goes on from there");
  if (!update.problems.empty() || (strict && !update.known_problems.empty()))
    return ExitStatus::kPartial;
  if (update.scanned == 0 && !roots.empty()) {
    if (update.forgotten > 0) {
      log_error("{}: {}; `facenet forget --allow` lets photos in again", briefly(roots),
                forgotten_text(update));
      return ExitStatus::kNegative;
    }
    if (update.excluded.files_of_other_shards > 0) return ExitStatus::kOk;
    const std::string excluded = excluded_text(update.excluded);
    log_error("{}: no photos there{}; give folders or files with photos", briefly(roots),
              excluded.empty() ? "" : " (" + excluded + ')');
    return ExitStatus::kNegative;
  }
  return ExitStatus::kOk;
}

}  // namespace facenet
