#include "export/bring_up_to_date.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <optional>
#include <unistd.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "export/export_folder.h"

namespace facenet {
namespace {

using Place = std::pair<std::string, std::string>;  // folder and name

/// What is to be done in one folder.
struct FolderPlan {
  std::string name{};
  bool is_new = false;
  bool has_others = false;  ///< things of somebody else
  std::vector<MadeFile> left{}, removals{}, kept{};
  std::vector<std::pair<MadeFile, std::string>> additions{};  ///< and the photo's file
};

class Exporter {
 public:
  Exporter(ExportFolder& folder, const ExportOptions& options)
      : folder_(folder), options_(options) {}

  ExportReport run(const std::vector<WantedFile>& wanted) {
    plan(wanted);
    count();
    if (options_.dry_run || report_.changes() + report_.folders_removed == 0) {
      // What is gone or changed is no longer known; that needs no haste.
      return finish();
    }
    report_.folders_added = report_.folders_removed = 0;  // counted as they come and go
    folder_.write_manifest(manifest_of(true));
    // Removals first: a name may be wanted for another photo.
    for (FolderPlan& plan : plans_) remove_files(plan);
    for (FolderPlan& plan : plans_) add_files(plan);
    remove_folders();
    folder_.write_manifest(manifest_of(false));
    return finish();
  }

 private:
  void plan(const std::vector<WantedFile>& wanted) {
    std::map<std::string, std::vector<const WantedFile*>> wanted_in;
    for (const WantedFile& file : wanted) wanted_in[file.folder].push_back(&file);
    std::map<std::string, std::multimap<std::string, const MadeFile*>> made_in;
    for (const std::string& name : folder_.manifest().folders) made_in[name];
    for (const MadeFile& file : folder_.manifest().files)
      made_in[file.folder].emplace(file.name, &file);
    std::set<std::string> names;
    for (const auto& [name, files] : wanted_in) names.insert(name);
    for (const auto& [name, files] : made_in) names.insert(name);
    for (const std::string& name : names) plan_folder(name, wanted_in[name], made_in[name]);
  }

  void plan_folder(const std::string& name, const std::vector<const WantedFile*>& wanted,
                   const std::multimap<std::string, const MadeFile*>& made) {
    const auto open = folder_.open(name);
    const bool is_ours = open && folder_.manifest().folders.contains(name);
    if (!is_ours && folder_.has(name)) {
      if (!wanted.empty()) report_.taken.push_back(name);
      return;
    }
    FolderPlan plan{.name = name, .is_new = !open};
    std::map<std::string, MadeFile> there;
    if (open) {
      there = still_there(open->get(), made);
      plan.has_others = std::ranges::any_of(
          names_in(open->get()), [&](const std::string& file) { return !there.contains(file); });
    }
    for (const WantedFile* file : wanted) plan_file(plan, open.get(), *file, there);
    for (const auto& [file, unwanted] : there) {
      (may_go(unwanted) ? plan.removals : plan.kept).push_back(unwanted);
    }
    if (open || !plan.additions.empty()) plans_.push_back(std::move(plan));
  }

  /// Those that an export made and that nobody has touched since, by name.
  static std::map<std::string, MadeFile> still_there(
      int open, const std::multimap<std::string, const MadeFile*>& made) {
    std::map<std::string, MadeFile> there;
    for (const auto& [name, file] : made)
      if (const auto status = status_in(open, name); status && is_as_made(open, *file, *status))
        there.insert_or_assign(name, *file);
    return there;
  }

  bool may_go(const MadeFile& file) const {
    return file.kind == FileKind::kLink || options_.is_there(file.photo);
  }

  /// Takes what is wanted out of `there`.
  void plan_file(FolderPlan& plan, const Descriptor* open, const WantedFile& file,
                 std::map<std::string, MadeFile>& there) {
    const auto made = there.find(file.name);
    if (file.source.empty()) {  // away: what is there of it stays
      if (made != there.end() && made->second.photo == file.photo) {
        plan.left.push_back(made->second);
        there.erase(made);
      } else {
        ++report_.away;
      }
      return;
    }
    const auto wanted = describe(file);
    if (!wanted) return;
    if (made == there.end()) {
      if (open != nullptr && status_in(open->get(), file.name))
        report_.taken.push_back(file.folder + "/" + file.name);
      else
        plan.additions.emplace_back(*wanted, file.source);
      return;
    }
    if (is_same(made->second, *wanted)) {
      plan.left.push_back(made->second);
    } else if (may_go(made->second)) {
      plan.removals.push_back(made->second);
      plan.additions.emplace_back(*wanted, file.source);
    } else {
      plan.kept.push_back(made->second);
      report_.taken.push_back(file.folder + "/" + file.name);
    }
    there.erase(made);
  }

  /// How the file would be known. Nothing where its photo cannot be looked at, which is noted.
  std::optional<MadeFile> describe(const WantedFile& file) {
    MadeFile made{
        .kind = options_.kind, .folder = file.folder, .name = file.name, .photo = file.photo};
    if (options_.kind == FileKind::kLink) {
      made.target = options_.relative ? std::filesystem::path(file.source)
                                            .lexically_relative(folder_.path() + "/" + file.folder)
                                            .string()
                                      : file.source;
      return made;
    }
    struct stat status {};
    if (::stat(file.source.c_str(), &status) != 0) {
      report_.failed.emplace_back(file.source, std::strerror(errno));
      return {};
    }
    if (options_.kind == FileKind::kHardLink) {
      made.inode = status.st_ino;
    } else {
      made.size = status.st_size;
      made.mtime_ns = mtime_of(status);
    }
    return made;
  }

  /// A copy is its photo's bytes, wherever these were copied from.
  static bool is_same(const MadeFile& made, const MadeFile& wanted) {
    return made.kind == wanted.kind && made.photo == wanted.photo && made.target == wanted.target &&
           made.inode == wanted.inode;
  }

  void count() {
    for (const FolderPlan& plan : plans_) {
      report_.added += std::ssize(plan.additions);
      report_.removed += std::ssize(plan.removals);
      report_.left += std::ssize(plan.left);
      report_.kept += std::ssize(plan.kept);
      report_.folders_added += plan.is_new;
      report_.folders_removed += is_empty(plan);
    }
  }

  /// Whether nothing will be in the folder.
  static bool is_empty(const FolderPlan& plan) {
    return plan.left.empty() && plan.kept.empty() && plan.additions.empty() && !plan.has_others;
  }

  Manifest manifest_of(bool with_removals) const {
    Manifest manifest;
    for (const FolderPlan& plan : plans_) {
      manifest.folders.insert(plan.name);
      const auto add = [&](const std::vector<MadeFile>& files) {
        manifest.files.insert(manifest.files.end(), files.begin(), files.end());
      };
      add(plan.left);
      add(plan.kept);
      if (with_removals) add(plan.removals);
      for (const auto& [file, source] : plan.additions) manifest.files.push_back(file);
    }
    return manifest;
  }

  bool is_stopped() {
    report_.interrupted = report_.interrupted || interrupted();
    return report_.interrupted;
  }

  void advance() {
    if (options_.progress) options_.progress(++done_, report_.changes());
  }

  void remove_files(FolderPlan& plan) {
    if (plan.removals.empty()) return;
    const auto open = folder_.open(plan.name);
    std::erase_if(plan.removals, [&](const MadeFile& file) {
      if (is_stopped() || !open) return false;
      advance();
      const auto status = status_in(open->get(), file.name);
      if (!status || !is_as_made(open->get(), file, *status)) return true;
      if (::unlinkat(open->get(), file.name.c_str(), 0) == 0) return true;
      report_.failed.emplace_back(fmt::format("{}/{}/{}", folder_.path(), plan.name, file.name),
                                  std::strerror(errno));
      return false;
    });
    report_.removed -= std::ssize(plan.removals);  // those that were not
    plan.kept.insert(plan.kept.end(), plan.removals.begin(), plan.removals.end());
    plan.removals.clear();
  }

  void add_files(FolderPlan& plan) {
    if (plan.additions.empty()) return;
    std::vector<std::pair<MadeFile, std::string>> additions;
    additions.swap(plan.additions);
    if (plan.is_new && !is_stopped() && folder_.make(plan.name)) {
      plan.is_new = false;
      ++report_.folders_added;
    }
    const auto open = plan.is_new ? nullptr : folder_.open(plan.name);
    for (auto& [file, source] : additions) {
      if (!open || is_stopped() || !add(open->get(), file, source)) {
        --report_.added;
        continue;
      }
      advance();
      plan.additions.emplace_back(std::move(file), std::move(source));
    }
    if (open) ::fsync(open->get());
  }

  bool add(int open, MadeFile& file, const std::string& source) {
    switch (file.kind) {
      case FileKind::kLink:
        if (::symlinkat(file.target.c_str(), open, file.name.c_str()) == 0) return true;
        break;
      case FileKind::kHardLink:
        if (::linkat(AT_FDCWD, source.c_str(), open, file.name.c_str(), AT_SYMLINK_FOLLOW) == 0)
          return true;
        break;
      case FileKind::kCopy:
        return add_copy(open, file, source);
    }
    if (errno == EEXIST) {
      report_.taken.push_back(file.folder + "/" + file.name);
      return false;
    }
    if (errno == EPERM || errno == EXDEV || errno == EOPNOTSUPP)
      fail("{}: this disk takes no such links to {}; `facenet export copies` makes copies",
           folder_.path(), source);
    report_.failed.emplace_back(source, std::strerror(errno));
    return false;
  }

  bool add_copy(int open, MadeFile& file, const std::string& source) {
    try {
      report_.sharing += folder_.copy(source, open, file);
      return true;
    } catch (const SourceError& error) {
      report_.failed.emplace_back(source, error.what());
      return false;
    }
  }

  void remove_folders() {
    std::erase_if(plans_, [&](const FolderPlan& plan) {
      if (!is_empty(plan)) return false;
      if (plan.is_new) return true;
      const bool is_gone = folder_.remove(plan.name);
      report_.folders_removed += is_gone;
      return is_gone;
    });
  }

  ExportReport finish() {
    std::ranges::sort(report_.taken);
    std::ranges::sort(report_.failed);
    return std::move(report_);
  }

  ExportFolder& folder_;
  const ExportOptions& options_;
  std::vector<FolderPlan> plans_;
  ExportReport report_;
  std::int64_t done_ = 0;
};

}  // namespace

ExportReport bring_up_to_date(const std::string& folder, const std::vector<WantedFile>& wanted,
                              const ExportOptions& options) {
  ExportFolder opened(folder, !options.dry_run);
  return Exporter(opened, options).run(wanted);
}

}  // namespace facenet
