// All that the catalog knows of faces and people, as tables.
#include "export/tables.h"

#include <algorithm>
#include <array>
#include <functional>
#include <iostream>

#include "base/file.h"
#include "base/logging.h"
#include "base/text.h"
#include "cmd/common_options.h"
#include "cmd/export/export.h"
#include "cmd/fact_output.h"
#include "cmd/output.h"
#include "people/facts.h"

namespace facenet {
namespace {

/// An empty field for a number that there is none of.
std::string number_field(std::int64_t number) {
  return number == 0 ? "" : fmt::format("{}", number);
}

void write_faces(const Catalog& catalog, std::ostream& out) {
  out << "face,person,name,photo,sha256,x,y,width,height,score,recognisable,missing,time,by_hand\n";
  for (const FaceRow& row : face_rows(catalog)) {
    const FaceRecord& face = row.face;
    out << fmt::format("{},{},{},{},{},{:.2f},{:.2f},{:.2f},{:.2f},{:.4f},{:d},{:d},{},{:d}\n",
                       face.id, number_field(row.person), csv_field(row.name), csv_field(row.path),
                       row.sha256, face.x, face.y, face.width, face.height, face.score,
                       row.recognisable, row.missing, time_field(face.time_ms), face.by_hand);
  }
}

void write_people(const Catalog& catalog, std::ostream& out) {
  out << "person,name,hidden,face_count,photo_count\n";
  for (const PersonRow& row : person_rows(catalog))
    out << fmt::format("{},{},{:d},{},{}\n", row.person, csv_field(row.name), row.hidden, row.faces,
                       row.photos);
}

void write_facts(const Catalog& catalog, std::ostream& out) {
  out << "fact,time,kind,text,person,other_person,name,faces,undoes,undone,step\n";
  const std::vector<FactRecord> facts = catalog.facts();
  for (const FactRecord& fact : facts)
    out << fmt::format(
        "{},{},{},{},{},{},{},{},{},{:d},{}\n", fact.id, fact.created, fact.kind,
        csv_field(describe_fact(fact, facts)), number_field(fact.person), number_field(fact.other),
        fact.kind == fact_kind::kName ? csv_field(fact.value) : "", fmt::join(fact.given, " "),
        number_field(fact.undoes), fact.undone, number_field(fact.step));
}

struct Table {
  const char* name;
  void (*write)(const Catalog& catalog, std::ostream& out);
};

constexpr std::array kTables = {Table{"faces", write_faces}, Table{"people", write_people},
                                Table{"facts", write_facts}};

Json face_row_json(const FaceRow& row) {
  const FaceRecord& face = row.face;
  Json json{{"face", face.id}};
  set_photo(json, row.path);
  json["sha256"] = row.sha256;
  json["missing"] = row.missing;
  json["person"] = row.person == 0 ? Json(nullptr) : Json(row.person);
  json["name"] = row.name.empty() ? Json(nullptr) : Json(row.name);
  set_time(json, face.time_ms);
  json["box"] = box_json({face.x, face.y, face.width, face.height});
  json["score"] = score_json(face.score);
  json["recognisable"] = row.recognisable;
  json["by_hand"] = face.by_hand;
  return json;
}

Json person_row_json(const PersonRow& row) {
  return {{"person", row.person},
          {"name", row.name.empty() ? Json(nullptr) : Json(row.name)},
          {"hidden", row.hidden},
          {"face_count", row.faces},
          {"photo_count", row.photos}};
}

/// An array of a document, a line each: a hundred thousand faces need not be in memory as JSON.
template <class Rows, class ToJson>
void write_array(std::ostream& out, const char* name, const Rows& rows, const ToJson& to_json) {
  out << '"' << name << "\":[";
  const char* before = "\n";
  for (const auto& row : rows) {
    out << before << json_text(to_json(row));
    before = ",\n";
  }
  out << (rows.empty() ? "]" : "\n]");
}

void write_document(const Catalog& catalog, std::ostream& out) {
  const FactBook book(catalog);
  out << "{\"catalog\":" << json_text(to_valid_utf8(catalog.path())) << ",\n";
  write_array(out, "people", person_rows(catalog), person_row_json);
  out << ",\n";
  write_array(out, "faces", face_rows(catalog), face_row_json);
  out << ",\n";
  write_array(out, "facts", book.facts(), [&](const FactRecord& fact) { return book.json(fact); });
  out << "}\n";
}

struct TableOptions {
  CommonOptions common;
  std::string file;
  bool force = false;
  std::vector<std::string> words;
};

void add_table_options(CommandLine& line, TableOptions& options) {
  line.option("output,o", options.file, "FILE", "write to this file, in place of stdout")
      .completion = Completion::kFiles;
  line.flag("force", options.force, "replace FILE if it exists");
  options.common.add_catalog(line);
  options.common.add_messages(line);
}

ExitStatus write_table(const TableOptions& options,
                       void (*write)(const Catalog& catalog, std::ostream& out)) {
  if (options.force && options.file.empty()) fail<UsageError>("--force goes with --output");
  const Catalog catalog(options.common.catalog_path(), Catalog::Mode::kRead);
  const Catalog::Snapshot snapshot(catalog);
  if (options.file.empty())
    write(catalog, std::cout);
  else
    write_file_atomically(options.file, options.force,
                          [&](std::ostream& out) { write(catalog, out); });
  return ExitStatus::kOk;
}

}  // namespace

ExitStatus export_csv(Arguments arguments) {
  TableOptions options;
  CommandLine line("export csv [OPTIONS] TABLE",
                   "Prints a table of the catalog as CSV: a header and a row each, in the order of "
                   "their numbers.");
  line.term("faces",
            "number, person and name, photo and its SHA-256, box in pixels, the detector's score, "
            "whether it can be recognised, and whether the photo is missing");
  line.term("people", "number, name, whether hidden, how many faces and photos");
  line.term("facts", "what was said: number, time, kind, text, and what it is about");
  ArgumentDescription& table =
      line.positionals("TABLE: give faces, people or facts", options.words, 1, 1);
  for (const Table& known : kTables) table.known.emplace_back(known.name);
  add_table_options(line, options);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  options.common.apply();
  const auto found = std::ranges::find(kTables, options.words.front(), &Table::name);
  if (found == kTables.end())
    fail<UsageError>("there is no table '{}': give faces, people or facts", options.words.front());
  return write_table(options, found->write);
}

ExitStatus export_json(Arguments arguments) {
  TableOptions options;
  CommandLine line("export json [OPTIONS]",
                   "Prints all people, faces and facts of the catalog as one JSON document, each "
                   "in the order of their numbers.");
  add_table_options(line, options);
  if (!line.parse(arguments)) return ExitStatus::kOk;
  options.common.apply();
  return write_table(options, write_document);
}

}  // namespace facenet
