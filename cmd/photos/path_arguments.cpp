#include "cmd/photos/path_arguments.h"

#include "base/error.h"
#include "base/file.h"
#include "base/logging.h"

namespace facenet {
namespace {

/// Paths that each end in NUL, as `find -print0` writes them; the last may lack it.
std::vector<std::string> paths_of(const std::string& list, const std::string& name) {
  if (list.find('\0') == std::string::npos && list.find('\n') != std::string::npos) {
    fail<UsageError>(
        "{}: its paths are in lines, but --from0 reads paths that each end with NUL, as `find "
        "-print0` writes them (for lines: tr '\\n' '\\0')",
        name);
  }
  std::vector<std::string> paths;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find('\0', at), list.size());
    if (end > at) paths.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return paths;
}

}  // namespace

void PathArguments::add(CommandLine& line, const std::string& missing, std::size_t least) {
  missing_ = missing;
  least_ = least;
  line.positionals(missing, paths, 0, SIZE_MAX);
  line.option(
      "from0", list, "FILE",
      "read more paths from FILE, or from standard input if FILE is -; each ends with NUL, as "
      "`find -print0` writes them");
  line.option("exclude", exclude, "PATTERN",
              "leave out files and folders with this name (`*.gif`), or this path below the folder "
              "(`2019/raw*`); may be repeated");
  line.flag("follow-links", follow_links,
            "read also what links in the folders lead to outside of them")
      .rare = true;
}

void PathArguments::add_shard(CommandLine& line) {
  takes_shard_ = true;
  line.option("shard", shard, "I/N",
              "read only part I of N parts of the files, so that N processes share them; `facenet "
              "catalog merge` puts their catalogs together (default: by RANK and WORLD_SIZE)")
      .rare = true;
}

Exclusion PathArguments::exclusion() const {
  Exclusion exclusion(exclude, follow_links);
  if (!takes_shard_) return exclusion;
  if (!shard.empty()) {
    exclusion.keep_shard(parse_shard(shard));
  } else if (const auto own = shard_of_environment()) {
    log_info("reads part {} of {} of the files, as RANK and WORLD_SIZE are set", own->number,
             own->count);
    exclusion.keep_shard(*own);
  }
  return exclusion;
}

bool PathArguments::read() {
  if (list.empty()) {
    if (paths.size() < least_) fail<UsageError>("missing {}, or --from0 FILE", missing_);
    return true;
  }
  const std::string name = list == "-" ? "standard input" : list;
  const std::vector<std::string> listed = paths_of(read_all(list), name);
  paths.insert(paths.end(), listed.begin(), listed.end());
  if (paths.empty()) log_error("{}: lists no paths", name);
  return !paths.empty();
}

}  // namespace facenet
