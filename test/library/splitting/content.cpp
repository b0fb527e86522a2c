#include "test/library/splitting/content.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "base/format.h"

namespace facenet {
namespace {

class ContentReader {
 public:
  explicit ContentReader(const Catalog& catalog) : catalog_(catalog) {
    for (const PhotoRecord& photo : catalog.photos()) photos_[photo.id] = photo.sha256.hex();
    for (const FaceRecord& face : catalog.faces()) note(face);
    for (const FaceRecord& face : catalog.withdrawn_faces()) {
      note(face);
      line("withdrawn {}", places_.at(face.id));
    }
  }

  std::vector<std::string> read() {
    read_photos();
    read_faces();
    for (const PersonRecord& person : catalog_.people())
      line("person {} '{}' {} {}", person.id, person.name, person.hidden, person.merged_into);
    for (const FactRecord& fact : catalog_.facts()) read_fact(fact);
    const ForgottenList forgotten = catalog_.forgotten();
    line("forgotten {} {} {}", forgotten.photos.size(), forgotten.files.size(),
         forgotten.places.size());
    std::ranges::sort(lines_);
    return std::move(lines_);
  }

 private:
  template <class... Values>
  void line(fmt::format_string<Values...> form, Values&&... values) {
    lines_.push_back(fmt::format(form, std::forward<Values>(values)...));
  }

  void note(const FaceRecord& face) {
    places_[face.id] = fmt::format("{:.8}+{}+{}", photos_.at(face.photo), face.x, face.y);
    faces_.push_back(face);
  }
  std::string places(const std::vector<FaceId>& faces) const {
    std::set<std::string> places;
    for (const FaceId face : faces) places.insert(places_.at(face));
    return fmt::format("{}", fmt::join(places, ","));
  }
  std::string photo_text(PhotoId photo) const { return photo == 0 ? "none" : photos_.at(photo); }

  void read_photos() {
    for (const PhotoRecord& photo : catalog_.photos())
      line("photo {} {} {}x{} {} {} {} {}", photo.sha256.hex(), photo.format, photo.width,
           photo.height, photo.moment.taken, photo.moment.perceptual_hash.value_or(0),
           photo.duration_ms.value_or(-1), catalog_.is_outdated(photo.id));
    for (const PathRecord& path : catalog_.paths())
      line("path {} {} {} {} {} {} {}", path.path, path.size, path.mtime_ns,
           photo_text(path.photo.value_or(0)), path.error, path.skipped, path.missing);
  }

  void read_faces() {
    const std::map<FaceId, PersonId> homes = catalog_.memberships();
    for (const FaceRecord& face : faces_) {
      const auto home = homes.find(face.id);
      line("face {} {}x{} {} {} {} {} {} of {}", places_.at(face.id), face.width, face.height,
           face.score, fmt::join(face.landmarks, ","), face.lost, face.time_ms.value_or(-1),
           face.by_hand, home == homes.end() ? 0 : home->second);
      for (const ModelRecord& model : catalog_.models())
        if (catalog_.has_embedding(face.id, model.id))
          // Shortest decimals that give the same bits.
          line("vector {} {} {}", places_.at(face.id), model.name,
               fmt::join(catalog_.embedding(face.id, model.id), ","));
    }
    for (const ModelRecord& model : catalog_.models())
      for (const auto& [face, evidence] : catalog_.evidence(model.id))
        line("evidence {} {} {}", places_.at(face), evidence.length, evidence.sharpness);
    for (const auto& [a, b] : catalog_.seen_together())
      line("together {} {}", places_.at(a), places_.at(b));
  }

  void read_fact(const FactRecord& fact) {
    std::set<std::string> moves;
    for (const FactMove& move : fact.moves)
      moves.insert(fmt::format("{}:{}>{}", places_.at(move.face), move.source, move.target));
    line("fact {:4} {} '{}' {} {} person {} other {} photo {} undoes {} step {} [{}] [{}] [{}] {}",
         fact.id, fact.kind, fact.value, fact.created, fact.undone, fact.person, fact.other,
         photo_text(fact.photo), fact.undoes, fact.step, places(fact.faces),
         places(fact.other_faces), places(fact.given), fmt::join(moves, ","));
  }

  const Catalog& catalog_;
  std::unordered_map<PhotoId, std::string> photos_;
  std::unordered_map<FaceId, std::string> places_;
  std::vector<FaceRecord> faces_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> content_of(const Catalog& catalog) {
  return ContentReader(catalog).read();
}

}  // namespace facenet
