#include "library/facts_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "catalog/damage.h"
#include "face/face.h"
#include "people/facts.h"
#include "people/hand_marks.h"
#include "pipeline/store.h"

namespace facenet {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kHeading = "facenet_facts";
constexpr int kVersion = 1;
/// Another detector draws other boxes around the same face.
constexpr float kSameFace = 0.4F;

// ---- export

class Exporter {
 public:
  explicit Exporter(const Catalog& catalog) : facts_(catalog.facts()) {
    for (const PhotoRecord& photo : catalog.photos()) hashes_.emplace(photo.id, photo.sha256.hex());
    for (const FaceRecord& face : catalog.faces()) faces_.emplace(face.id, face);
    for (const FaceRecord& face : catalog.withdrawn_faces()) faces_.emplace(face.id, face);
  }

  void write(std::ostream& out) const {
    out << Json{{kHeading, kVersion}}.dump() << '\n';
    for (const FactRecord& fact : facts_) out << json_of(fact).dump() << '\n';
  }

 private:
  Json json_of(FaceId id) const {
    const FaceRecord& face = faces_.at(id);
    Json json{{"photo", hashes_.at(face.photo)},
              {"box", {face.x, face.y, face.width, face.height}}};
    if (face.time_ms) json["time_ms"] = *face.time_ms;
    if (face.by_hand) json["marked"] = face.landmarks;
    return json;
  }

  void put_faces(Json& json, const char* key, const std::vector<FaceId>& faces) const {
    if (faces.empty()) return;
    json[key] = Json::array();
    for (const FaceId face : faces) json[key].push_back(json_of(face));
  }

  Json json_of(const FactRecord& fact) const {
    Json json{{"fact", fact.id}, {"kind", fact.kind}, {"created", fact.created}};
    if (fact.person != 0) json["person"] = fact.person;
    if (fact.other != 0) json["other"] = fact.other;
    if (fact.photo != 0) json["photo"] = hashes_.at(fact.photo);
    if (fact.undoes != 0) json["undoes"] = fact.undoes;
    if (fact.step != 0) json["step"] = fact.step;
    if (fact.kind == fact_kind::kName) json["value"] = fact.value;
    put_faces(json, "faces", fact.faces);
    put_faces(json, "other_faces", fact.other_faces);
    put_faces(json, "given", fact.given);
    if (fact.moves.empty()) return json;
    json["moves"] = Json::array();
    for (const FactMove& move : fact.moves)
      json["moves"].push_back(
          {{"face", json_of(move.face)}, {"source", move.source}, {"target", move.target}});
    return json;
  }

  std::vector<FactRecord> facts_;
  std::unordered_map<PhotoId, std::string> hashes_;
  std::unordered_map<FaceId, FaceRecord> faces_;
};

// ---- import

class Importer {
 public:
  explicit Importer(Catalog& catalog) : catalog_(catalog) {
    for (const PhotoRecord& photo : catalog.photos()) photos_.emplace(photo.sha256, photo.id);
    for (FaceRecord& face : catalog.faces()) faces_[face.photo].push_back(std::move(face));
  }

  /// Throws nlohmann's exceptions for JSON of another form.
  void add(const Json& json) {
    const auto number = json.at("fact").get<std::int64_t>();
    if (number <= last_) fail("fact {} comes after fact {}", number, last_);
    last_ = number;
    FactRecord fact;
    fact.kind = json.at("kind").get<std::string>();
    fact.value = json.value("value", "");
    if (json.contains("person")) fact.person = person(json.at("person"));
    if (json.contains("other")) fact.other = person(json.at("other"));
    bool named = false;  // faces, or a photo, or a fact
    bool known = false;
    for (auto [key, list] : {std::pair{"faces", &fact.faces},
                             {"other_faces", &fact.other_faces},
                             {"given", &fact.given}}) {
      *list = faces(json, key);
      named = named || json.contains(key);
      known = known || !list->empty();
    }
    if (json.contains("photo")) {
      named = true;
      fact.photo = photo(json.at("photo")).value_or(0);
      known = known || fact.photo != 0;
    }
    if (json.contains("undoes")) {
      named = true;
      const auto undone = numbers_.find(json.at("undoes").get<std::int64_t>());
      known = undone != numbers_.end();
      fact.undoes = known ? undone->second : 0;
    }
    if (named && !known) {
      ++result_.left_out;
      return;
    }
    if (json.contains("step"))
      if (const auto step = numbers_.find(json.at("step").get<std::int64_t>());
          step != numbers_.end())
        fact.step = step->second;
    for (const Json& move : json.value("moves", Json::array()))
      if (const auto moved = face(move.at("face")))
        fact.moves.push_back({.face = *moved,
                              .source = person(move.at("source")),
                              .target = person(move.at("target"))});
    numbers_.emplace(number, catalog_.add_fact(fact));
    ++result_.facts;
  }

  /// Puts faces where the facts hold them.
  ImportedFacts finish() {
    std::vector<std::pair<FaceId, PersonId>> homes;
    for (const auto& [face, person] : knowledge_from(catalog_.facts()).held)
      homes.emplace_back(face, person);
    catalog_.set_memberships(homes);
    settle_hand_marks(catalog_);
    std::set<std::string> names;
    for (const PersonRecord& person : catalog_.people())
      if (!person.name.empty() && !names.insert(person.name).second)
        fail("two people would be {}", person.name);
    return result_;
  }

 private:
  PersonId person(const Json& number) {
    const auto [known, fresh] = people_.try_emplace(number.get<PersonId>());
    if (fresh) known->second = catalog_.add_person();
    return known->second;
  }

  std::optional<PhotoId> photo(const Json& hash) const {
    const auto found = photos_.find(Sha256::from_hex(hash.get<std::string>()));
    if (found == photos_.end()) return std::nullopt;
    return found->second;
  }

  /// The same face of this catalog. One that was marked by hand, and that no detector has found
  /// here, is added; the next clustering gives it a vector.
  std::optional<FaceId> face(const Json& json) {
    const auto found = known_face(json);
    const auto where = photo(json.at("photo"));
    if (found || !where || !json.contains("marked")) return found;
    const auto edges = json.at("box").get<std::array<float, 4>>();
    const auto landmarks = json.at("marked").get<std::array<float, 10>>();
    const auto is_finite = [](float value) { return std::isfinite(value); };
    if (!std::ranges::all_of(edges, is_finite) || !std::ranges::all_of(landmarks, is_finite))
      fail("a face lies nowhere");
    FaceRecord face{.photo = *where,
                    .x = edges[0],
                    .y = edges[1],
                    .width = edges[2],
                    .height = edges[3],
                    .landmarks = {landmarks.begin(), landmarks.end()},
                    .by_hand = true};
    face.id = catalog_.add_face(face);
    faces_[*where].push_back(face);
    return face.id;
  }

  std::optional<FaceId> known_face(const Json& json) const {
    const auto edges = json.at("box").get<std::array<float, 4>>();
    const Box box{edges[0], edges[1], edges[2], edges[3]};
    const auto where = photo(json.at("photo"));
    const auto candidates = where ? faces_.find(*where) : faces_.end();
    if (candidates == faces_.end()) return std::nullopt;
    std::optional<FaceId> best;
    float most = kSameFace;
    constexpr std::int64_t kNoTime = -1;  // of a face in a photo
    const auto time = json.value("time_ms", kNoTime);
    for (const FaceRecord& candidate : candidates->second)
      if (const float shared = overlap(box, box_of(candidate));
          shared >= most && candidate.time_ms.value_or(kNoTime) == time) {
        most = shared;
        best = candidate.id;
      }
    return best;
  }

  std::vector<FaceId> faces(const Json& json, const char* key) {
    std::vector<FaceId> found;
    for (const Json& one : json.value(key, Json::array())) {
      ++result_.faces;
      if (const auto known = face(one))
        found.push_back(*known);
      else
        ++result_.unknown_faces;
    }
    return found;
  }

  Catalog& catalog_;
  std::map<Sha256, PhotoId> photos_;
  std::unordered_map<PhotoId, std::vector<FaceRecord>> faces_;
  std::unordered_map<PersonId, PersonId> people_;  ///< by their numbers in the file
  std::unordered_map<std::int64_t, std::int64_t> numbers_;
  std::int64_t last_ = 0;
  ImportedFacts result_;
};

}  // namespace

void export_facts(const Catalog& catalog, std::ostream& out) {
  const Catalog::Snapshot snapshot(catalog);
  Exporter(catalog).write(out);
}

ImportedFacts import_facts(Catalog& catalog, std::istream& in, const std::string& path) {
  Catalog::Transaction transaction(catalog);
  if (!catalog.facts().empty())
    fail(
        "{}: something has been said there already: facts are imported into a catalog without any, "
        "such as a new one",
        catalog.path());
  std::int64_t number = 0;
  try {
    Importer importer(catalog);
    for (std::string line; std::getline(in, line);) {
      ++number;
      const Json json = Json::parse(line);
      if (number > 1)
        importer.add(json);
      else if (json.at(kHeading).get<int>() != kVersion)
        fail("it is of a version that this facenet does not know: update facenet");
    }
    if (number == 0) fail("it is empty");
    const ImportedFacts imported = importer.finish();
    transaction.commit();
    return imported;
  } catch (const nlohmann::json::exception&) {
    fail("{}: line {} is not what `facenet catalog export-facts` writes: give another file", path,
         number);
  } catch (const DamagedCatalog& damage) {
    fail("{}: cannot be imported ({}): give another file", path, damage.finding());
  } catch (const Error& error) {
    fail("{}: line {}: {}", path, number, error.what());
  }
}

}  // namespace facenet
