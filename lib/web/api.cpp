#include "web/api.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <ranges>
#include <set>

#include "base/logging.h"
#include "base/text.h"
#include "people/facts.h"
#include "people/stacks/stacks.h"
#include "web/assets.h"
#include "web/guard.h"

namespace facenet {
namespace {

constexpr std::size_t kMostUpload = 64 << 20;  // a photo to search by
constexpr std::size_t kMostEdit = 1 << 20;     // some 100,000 faces at once
constexpr std::size_t kFacesShown = 6;         // of each side of a question

/// A file of the page.
struct Asset {
  const char* path;
  const char* type;
  const char* text;
};
constexpr const char* kScript = "text/javascript; charset=utf-8";
constexpr std::array kAssets = {
    Asset{"/", "text/html; charset=utf-8", assets::kIndexHtml},
    Asset{"/page.css", "text/css; charset=utf-8", assets::kPageCss},
    Asset{"/icon.svg", "image/svg+xml", assets::kIconSvg},
    Asset{"/app.js", kScript, assets::kAppJs},
    Asset{"/api.js", kScript, assets::kApiJs},
    Asset{"/dom.js", kScript, assets::kDomJs},
    Asset{"/grid.js", kScript, assets::kGridJs},
    Asset{"/touch.js", kScript, assets::kTouchJs},
    Asset{"/dialogs.js", kScript, assets::kDialogsJs},
    Asset{"/views/people.js", kScript, assets::kPeopleJs},
    Asset{"/views/person.js", kScript, assets::kPersonJs},
    Asset{"/views/photo.js", kScript, assets::kPhotoJs},
    Asset{"/views/review.js", kScript, assets::kReviewJs},
    Asset{"/views/search.js", kScript, assets::kSearchJs},
    Asset{"/views/log.js", kScript, assets::kLogJs},
    Asset{"/text.js", kScript, assets::kTextJs},
    Asset{"/views/why.js", kScript, assets::kWhyJs},
};

/// What is no UTF-8 is replaced.
HttpResponse json_response(const WebJson& json, int status = 200) {
  return {.status = status,
          .type = "application/json",
          .body = json.dump(-1, ' ', false, WebJson::error_handler_t::replace)};
}

HttpResponse not_found(const std::string& what) {
  return error_response(404, what);
}

/// "/api/people/12" with "/api/people/" before and "" behind it: 12. Nothing when it is no such
/// path.
std::optional<std::int64_t> number_in(std::string_view path, std::string_view before,
                                      std::string_view behind = "") {
  if (!path.starts_with(before) || !path.ends_with(behind) ||
      path.size() <= before.size() + behind.size())
    return {};
  path.remove_prefix(before.size());
  path.remove_suffix(behind.size());
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(path.data(), path.data() + path.size(), number);
  if (error != std::errc{} || end != path.data() + path.size() || number < 1) return {};
  return number;
}

/// A parameter of the address; `preset` when it is not given. Throws BadEdit.
std::int64_t parameter(const HttpHead& head, const char* name, std::int64_t preset,
                       std::int64_t most) {
  const auto found = head.query.find(name);
  if (found == head.query.end()) return preset;
  const auto value = number_in(found->second, "");
  if (!value || *value > most) fail<BadEdit>("{} must be a number from 1 to {}", name, most);
  return *value;
}

HttpResponse picture_response(WebPicture picture) {
  switch (picture.status) {
    case WebPicture::Status::kMade:
      return {.type = "image/webp", .body = std::move(picture.webp)};
    case WebPicture::Status::kBusy:
      return error_response(503, picture.error);
    case WebPicture::Status::kGone:
      break;
  }
  return not_found(picture.error);
}

WebJson box_of(const ViewFace& face) {
  return {{"x", face.x}, {"y", face.y}, {"width", face.width}, {"height", face.height}};
}

WebJson number_or_null(std::int64_t number) {
  return number == 0 ? WebJson(nullptr) : WebJson(number);
}

/// The faces of a person to show, the most typical first; those that were compared with nobody yet
/// stand last.
std::vector<FaceId> in_order(const ViewPerson& person, const Insight& insight) {
  std::vector<FaceId> order;
  std::set<FaceId> left(person.faces.begin(), person.faces.end());
  if (const auto known = insight.order.find(person.id); known != insight.order.end())
    for (const FaceId face : known->second)
      if (left.erase(face) > 0) order.push_back(face);
  order.insert(order.end(), left.begin(), left.end());
  return order;
}

/// Of each face the first of its stack among them: of copies of a photo, and of photos of one
/// moment.
std::vector<std::size_t> stacks_among(const ViewedPhotos& photos, std::span<const FaceId> faces) {
  std::vector<PhotoMoment> moments;
  for (const FaceId face : faces) moments.push_back(photos.photo(photos.face(face)->photo)->moment);
  return stacks_of(moments);
}

/// Of copies one: more of them say nothing more.
std::vector<FaceId> faces_to_show(const ViewedPhotos& photos, std::vector<FaceId> faces) {
  constexpr std::size_t kLookedAt = 10 * kFacesShown;
  if (faces.size() > kLookedAt) faces.resize(kLookedAt);
  const std::vector<std::size_t> stacks = stacks_among(photos, faces);
  std::vector<FaceId> shown;
  for (std::size_t i = 0; i < faces.size() && shown.size() < kFacesShown; ++i)
    if (stacks[i] == i) shown.push_back(faces[i]);
  return shown;
}

WebJson side_of(const ViewedPhotos& photos, const ViewPerson& person, const Insight& insight) {
  WebJson side = person_summary(person);
  side["faces"] = faces_to_show(photos, in_order(person, insight));
  return side;
}

/// Whether the question still is one.
bool is_open(const LibraryView& view, const ReviewPair& pair) {
  const ViewPerson* const a = view.person(pair.a);
  const ViewPerson* const b = view.person(pair.b);
  return a != nullptr && b != nullptr && !a->hidden && !b->hidden && !a->faces.empty() &&
         !b->faces.empty() && (a->name.empty() || b->name.empty());
}

}  // namespace

std::size_t WebApi::most_body(const HttpHead& head) {
  if (head.path == "/api/search") return kMostUpload;
  if (head.path == "/api/edits") return kMostEdit;
  return 1024;
}

HttpResponse WebApi::answer(const HttpRequest& request) {
  HttpResponse response;
  try {
    response = request.head.method == "POST" ? post(request) : get(request.head);
  } catch (const StaleEdit& stale) {
    response = json_response({{"error", stale.what()}, {"changed", stale.changed()}}, 409);
  } catch (const BadEdit& bad) {
    response = error_response(400, bad.what());
  } catch (const Error& error) {
    response = error_response(422, error.what());
  } catch (const std::exception& error) {
    log_error("internal error, please report it: {}", error.what());
    response = error_response(500, "facenet made a mistake; its messages say which");
  }
  Guard::add_headers(response);
  return response;
}

HttpResponse WebApi::get(const HttpHead& head) {
  const std::string& path = head.path;
  for (const Asset& asset : kAssets)
    if (path == asset.path) return {.type = asset.type, .body = asset.text};
  if (path == "/api/people") return people(head);
  if (path == "/api/review") return review(head);
  if (path == "/api/log") return log(head);
  if (path == "/api/explain") return explain(head);
  if (path == "/api/events") return events();
  if (const auto id = number_in(path, "/api/people/")) return person(*id);
  if (const auto id = number_in(path, "/api/photos/")) return photo(*id);
  const auto photos = parts_.editor.view()->photos();
  if (const auto id = number_in(path, "/api/faces/", "/picture"))
    return picture_response(parts_.pictures.face(photos, *id));
  if (const auto id = number_in(path, "/api/photos/", "/picture"))
    return picture_response(parts_.pictures.photo(photos, *id));
  return not_found("there is nothing at this address");
}

HttpResponse WebApi::post(const HttpRequest& request) {
  const std::string& path = request.head.path;
  if (path == "/api/edits") return edit(request.body);
  if (path == "/api/search") return search(request.body);
  return not_found("there is nothing at this address");
}

/// Of 100,000 people it is ten million bytes, which need not stand in memory as an object, too.
HttpResponse WebApi::people(const HttpHead& request) const {
  constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();
  const std::int64_t limit = parameter(request, "limit", kAll, kAll);
  const std::int64_t since = parameter(request, "since", 0, kAll);
  const auto view = parts_.editor.view();
  const auto changed = since > 0 ? view->changed_since(since) : std::nullopt;
  WebJson head{{"version", view->version()},
               {"since", changed ? WebJson(since) : WebJson(nullptr)},
               {"catalog", to_valid_utf8(parts_.catalog)},
               {"photo_count", view->photos()->count()},
               {"face_count", view->photos()->faces().size()},
               {"people_count", view->people().size()}};
  std::string body = head.dump();
  body.pop_back();
  body += ",\"people\":[";
  const auto add = [&](const WebJson& summary) {
    if (body.back() != '[') body += ',';
    body += summary.dump();
  };
  if (changed) {
    for (const PersonId person : *changed) add(summary_of(*view, person));
  } else {
    for (const auto& person : view->people() | std::views::take(limit))
      add(person_summary(*person));
  }
  return {.type = "application/json", .body = body + "]}"};
}

HttpResponse WebApi::person(PersonId id) const {
  const auto view = parts_.editor.view();
  const ViewPerson* const person = view->person(id);
  if (person == nullptr) {
    WebJson gone = summary_of(*view, id);
    gone["error"] = fmt::format("there is no person {} any more", id);
    return json_response(gone, 404);
  }
  const auto insight = parts_.insight.get();
  WebJson json = person_summary(*person);
  json["version"] = view->version();
  json["faces"] = WebJson::array();
  const std::vector<FaceId> faces = in_order(*person, *insight);
  const std::vector<std::size_t> stacks = stacks_among(*view->photos(), faces);
  for (std::size_t i = 0; i < faces.size(); ++i) {
    const FaceId face = faces[i];
    const ViewFace& there = *view->photos()->face(face);
    WebJson entry{{"face", face}, {"photo", there.photo}};
    if (stacks[i] != i) entry["like"] = faces[stacks[i]];
    if (there.by_hand) entry["by_hand"] = true;
    if (const auto doubt = insight->doubts.find(face); doubt != insight->doubts.end())
      entry["probability"] = doubt->second;
    if (!view->photos()->is_recognisable(face)) entry["recognisable"] = false;
    json["faces"].push_back(std::move(entry));
  }
  return json_response(json);
}

HttpResponse WebApi::photo(PhotoId id) const {
  const auto view = parts_.editor.view();
  const PhotoRecord* const photo = view->photos()->photo(id);
  if (photo == nullptr) return not_found("there is no such photo");
  WebJson json{{"photo", id},
               {"paths", WebJson::array()},
               {"width", photo->width},
               {"height", photo->height},
               {"faces", WebJson::array()}};
  for (const PathRecord& place : view->photos()->places().of(id))
    json["paths"].push_back(to_valid_utf8(place.path));
  for (const ViewFace& face : view->photos()->faces_of(id)) {
    const ViewPerson* const person = view->person(view->person_of(face.id));
    WebJson entry{{"face", face.id},
                  {"person", person == nullptr ? WebJson(nullptr) : WebJson(person->id)},
                  {"name", person == nullptr || person->name.empty() ? WebJson(nullptr)
                                                                     : WebJson(person->name)},
                  {"box", box_of(face)}};
    if (face.by_hand) entry["by_hand"] = true;
    if (face.time_ms) entry["time"] = static_cast<double>(*face.time_ms) / 1000;
    json["faces"].push_back(std::move(entry));
  }
  return json_response(json);
}

HttpResponse WebApi::review(const HttpHead& head) const {
  constexpr std::chrono::milliseconds kPatience{500};
  const auto limit = static_cast<std::size_t>(parameter(head, "limit", 20, 200));
  const auto insight = parts_.insight.get(parts_.editor.view()->version(), kPatience);
  const auto view = parts_.editor.view();
  const auto settled = std::ranges::count_if(
      insight->queue.pairs, [&](const ReviewPair& pair) { return !is_open(*view, pair); });
  WebJson json{
      {"version", insight->version},
      {"is_current", insight->version == view->version()},
      {"pair_count", insight->queue.pair_count - static_cast<std::size_t>(settled)},
      {"expected_face_count", insight->queue.expected_faces},
      {"reason", insight->no_queue.empty() ? WebJson(nullptr) : WebJson(insight->no_queue)},
      {"pairs", WebJson::array()}};
  for (const ReviewPair& pair : insight->queue.pairs) {
    if (json["pairs"].size() == limit) break;
    if (!is_open(*view, pair)) continue;
    json["pairs"].push_back({{"pair", pair.id()},
                             {"probability", pair.probability},
                             {"settles", pair.settles},
                             {"departed_face_count", pair.departed},
                             {"a", side_of(*view->photos(), *view->person(pair.a), *insight)},
                             {"b", side_of(*view->photos(), *view->person(pair.b), *insight)}});
  }
  return json_response(json);
}

HttpResponse WebApi::log(const HttpHead& head) const {
  constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();
  const std::int64_t before = parameter(head, "before", kAll, kAll);
  const auto limit = static_cast<std::size_t>(parameter(head, "limit", 100, 1000));
  const Catalog catalog(parts_.catalog, Catalog::Mode::kRead);
  const std::vector<FactRecord> facts = catalog.facts();
  std::map<std::int64_t, std::int64_t> undone_by;
  for (const FactRecord& fact : facts)
    if (fact.undoes != 0 && !fact.undone) undone_by[fact.undoes] = fact.id;
  WebJson json{{"facts", WebJson::array()}, {"more", false}};
  for (auto fact = facts.rbegin(); fact != facts.rend(); ++fact) {
    if (fact->id >= before || fact->step != 0) continue;
    if (json["facts"].size() == limit) {
      json["more"] = true;
      break;
    }
    const auto undoing = undone_by.find(fact->id);
    json["facts"].push_back(
        {{"fact", fact->id},
         {"time", fact->created},
         {"kind", fact->kind},
         {"text", describe_fact(*fact, facts)},
         {"person", number_or_null(fact->person)},
         {"other_person", number_or_null(fact->other)},
         {"name", fact->kind == fact_kind::kName ? WebJson(fact->value) : WebJson(nullptr)},
         {"given_face_count", fact->given.size()},
         {"undoes", number_or_null(fact->undoes)},
         {"undone_by", undoing == undone_by.end() ? WebJson(nullptr) : WebJson(undoing->second)}});
  }
  return json_response(json);
}

HttpResponse WebApi::events() const {
  using Clock = std::chrono::steady_clock;
  struct Told {
    std::int64_t view = -1, insight = -1, lost = 0;
    std::string trouble{};
    Clock::time_point last{};
  };
  static constexpr std::chrono::seconds kSilence{15};
  return {.type = "text/event-stream",
          .stream = [this, told = std::make_shared<Told>()](const HttpSend& send) {
            const auto view =
                parts_.editor.wait_for_other(told->view, std::chrono::milliseconds(500));
            const auto insight = parts_.insight.get();
            const std::string trouble = parts_.editor.trouble();
            const std::int64_t lost = parts_.editor.lost();
            const auto now = Clock::now();
            if (view->version() == told->view && insight->version == told->insight &&
                lost == told->lost && trouble == told->trouble) {
              if (now - told->last < kSilence) return true;
              told->last = now;
              return send(": still here\n\n");
            }
            *told = {.view = view->version(),
                     .insight = insight->version,
                     .lost = lost,
                     .trouble = trouble,
                     .last = now};
            const WebJson event{
                {"version", view->version()},
                {"review_version", insight->version},
                {"pair_count", insight->queue.pair_count},
                {"photo_count", view->photos()->count()},
                {"face_count", view->photos()->faces().size()},
                {"lost_fact_count", lost},
                {"trouble", trouble.empty() ? WebJson(nullptr) : WebJson(to_valid_utf8(trouble))}};
            return send(fmt::format("data: {}\n\n", event.dump()));
          }};
}

HttpResponse WebApi::edit(const std::string& body) {
  const WebJson json = WebJson::parse(body, nullptr, false);
  if (json.is_discarded()) fail<BadEdit>("the body is no JSON");
  return json_response(parts_.editor.apply(json));
}

HttpResponse WebApi::child_answer(const std::vector<std::string>& arguments,
                                  std::string_view input) {
  const std::unique_lock lock(child_, std::try_to_lock);
  if (!lock) return error_response(503, "facenet is still at the last question; ask again");
  const ChildRun run = parts_.run(arguments, input);
  if (WebJson::accept(run.out)) return {.type = "application/json", .body = run.out};
  return error_response(422, run.error.empty() ? "facenet could not answer" : run.error);
}

HttpResponse WebApi::explain(const HttpHead& head) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const std::int64_t a = parameter(head, "a", 0, kMost);
  const std::int64_t b = parameter(head, "b", 0, kMost);
  if (a == 0 || b == 0) fail<BadEdit>("give two faces: a and b");
  return child_answer({"cluster", "--explain", "--json", std::to_string(a), std::to_string(b)}, "");
}

HttpResponse WebApi::search(const std::string& body) {
  if (body.empty()) fail<BadEdit>("give the bytes of a photo");
  return child_answer({"who", "--json", "-"}, body);
}

}  // namespace facenet
