#include "catalog/catalog.h"

#include <iostream>

#include "base/file.h"
#include "base/logging.h"
#include "base/text.h"
#include "cmd/catalog/quality.h"
#include "cmd/command_line.h"
#include "cmd/commands.h"
#include "cmd/common_options.h"
#include "cmd/output.h"
#include "people/partition.h"

namespace facenet {
namespace {

void print_info_json(const Catalog& catalog, const CatalogCounts& counts) {
  Json json{{"catalog", to_valid_utf8(absolute_path(catalog.path()))},
            {"bytes", counts.bytes},
            {"paths", counts.paths},
            {"missing", counts.missing_paths},
            {"unreadable", counts.unreadable_paths},
            {"photos", counts.photos},
            {"faces", counts.faces},
            {"vectors", counts.embeddings},
            {"people", counts.people},
            {"named", counts.named_people},
            {"facts", counts.facts},
            {"models", Json::array()},
            {"properties", catalog.properties()}};
  for (const ModelRecord& model : catalog.models()) {
    json["models"].push_back({{"name", model.name},
                              {"weights_sha256", model.weights_sha256},
                              {"flip", model.flip},
                              {"dimension", model.dimension},
                              {"vectors", catalog.count_embeddings(model.id)}});
  }
  print_json(json);
}

void print_info_text(const Catalog& catalog, const CatalogCounts& counts) {
  const auto row = [](const char* what, const std::string& value) {
    std::cout << fmt::format("{:12}{}\n", what, value);
  };
  row("catalog", escape_control(absolute_path(catalog.path())));
  row("size", with_thousands(counts.bytes) + " bytes");
  row("paths",
      fmt::format("{}, {} missing, {} unreadable", with_thousands(counts.paths),
                  with_thousands(counts.missing_paths), with_thousands(counts.unreadable_paths)));
  row("photos", with_thousands(counts.photos));
  row("faces", with_thousands(counts.faces));
  row("vectors", with_thousands(counts.embeddings));
  row("people", fmt::format("{}, {} named", with_thousands(counts.people),
                            with_thousands(counts.named_people)));
  row("facts", with_thousands(counts.facts));
  for (const ModelRecord& model : catalog.models()) {
    row("model", fmt::format("{} {}, {} vectors of {} numbers, weights {:.12}", model.name,
                             model.flip ? "with mirror image" : "without mirror image",
                             with_thousands(catalog.count_embeddings(model.id)), model.dimension,
                             model.weights_sha256));
  }
  for (const auto& [key, value] : catalog.properties()) row(key.c_str(), value);
}

ExitStatus info(const CommonOptions& common, bool json) {
  const Catalog catalog(common.catalog_path(), Catalog::Mode::kRead);
  const CatalogCounts counts = catalog.counts();
  json ? print_info_json(catalog, counts) : print_info_text(catalog, counts);
  return ExitStatus::kOk;
}

ExitStatus check(const CommonOptions& common, bool json) {
  const Catalog catalog(common.catalog_path(), Catalog::Mode::kRead);
  auto findings = catalog.check();
  // Facts can be held against a catalog only as far as it can be read.
  if (findings.empty())
    for (std::string& broken : broken_facts(catalog)) findings.push_back(std::move(broken));
  if (json) {
    print_json({{"catalog", to_valid_utf8(absolute_path(catalog.path()))},
                {"sound", findings.empty()},
                {"findings", findings}});
  } else {
    for (const std::string& finding : findings) std::cout << escape_control(finding) << '\n';
  }
  if (findings.empty()) {
    log_info("{}: sound", catalog.path());
    return ExitStatus::kOk;
  }
  log_error("{}: {} findings; copy the file away, then restore a backup or scan into a new catalog",
            catalog.path(), findings.size());
  return ExitStatus::kNegative;
}

}  // namespace

ExitStatus run_catalog(Arguments arguments) {
  CommonOptions common;
  OutputOptions output;
  std::vector<std::string> words;
  EmbedderOptions embedder;
  CommandLine line(
      "catalog info|check|quality [OPTIONS]",
      "  info      what the catalog holds\n"
      "  check     looks for damage; exit status 1 when there is any\n"
      "  quality   how good the people are, as far as that can be told without knowing "
      "them");
  line.positionals("command: info, check or quality", words, 1, 1);
  output.add_json(line, "one JSON document");
  common.add_catalog(line);
  common.add_messages(line);
  add_model_options(line, embedder);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  common.apply();
  if (words.front() == "quality")
    return catalog_quality(common, embedder, line.given("model"), output.json);
  if (words.front() == "info") return info(common, output.json);
  if (words.front() == "check") return check(common, output.json);
  fail<UsageError>("there is no `catalog {}`", words.front());
}

}  // namespace facenet
