#include "report/pages.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>

#include "base/text.h"
#include "picture/portraits.h"
#include "report/assets.h"
#include "report/html.h"

namespace facenet {
namespace {

/// The page of everybody comes with a tile for each of so many people at most. Of more it has the
/// tiles of the first, and of the others a line, of which its script makes tiles as they come near:
/// with 100,000 tiles a page takes nine seconds to open and a tenth of one for each frame while it
/// scrolls, and its tab 1.2 GB.
constexpr std::size_t kMostTiles = 2000, kFirstTiles = 240;

/// "person 15", where there is no name.
std::string call(PersonId id, const std::string& name) {
  return name.empty() ? fmt::format("person {}", id) : name;
}

/// Text in which commands stand between `backticks`.
std::string with_commands(const std::string& text) {
  std::string html;
  bool is_command = false;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('`', begin), text.size());
    const std::string part = html_text(text.substr(begin, end - begin));
    html += is_command ? fmt::format("<code>{}</code>", part) : part;
    is_command = !is_command;
    begin = end + 1;
  }
  return html;
}

/// A list of about `count` entries; a long one comes in parts (page.css says why).
class LongList {
 public:
  LongList(std::string& body, const char* kind, std::size_t part, std::size_t count)
      : body_(body),
        part_(part),
        opening_(fmt::format("<ul class=\"part{}\">\n", count > part ? " far" : "")) {
    body_ += fmt::format("<div class=\"{}\">", kind);
  }
  ~LongList() {
    if (entries_ > 0) body_ += "</ul>\n";
    body_ += "</div>\n";
  }
  LongList(const LongList&) = delete;
  LongList& operator=(const LongList&) = delete;

  void add(const std::string& entry) {
    if (entries_ % part_ == 0) body_ += (entries_ == 0 ? "" : "</ul>\n") + opening_;
    body_ += "<li>" + entry + "</li>\n";
    ++entries_;
  }

 private:
  std::string& body_;
  std::size_t part_, entries_ = 0;
  std::string opening_;
};

using ShownPeople = std::unordered_map<PersonId, const ReportPerson*>;

/// Writes the parts of one page.
class Page {
 public:
  Page(const Report& report, const ReportPictures& pictures, const ShownPeople& shown,
       PagePlace place)
      : report_(report), pictures_(pictures), shown_(shown), place_(place) {}

  std::string index() {
    header("People in your photos");
    body_ += "<main id=\"main\">\n";
    people();
    pairs();
    doubts();
    figures();
    if (place_ == PagePlace::kAlone)
      for (const ReportPerson& person : report_.people) {
        body_ += fmt::format("<section class=\"person\" id=\"p{}\">\n", person.id);
        person_body(person);
        body_ += "</section>\n";
      }
    body_ += "</main>\n";
    return whole("People in your photos", assets::kPageJs);
  }

  std::string person(const ReportPerson& person) {
    header("<a href=\"../index.html\">People in your photos</a>");
    body_ += "<main id=\"main\">\n";
    person_body(person);
    body_ += "</main>\n";
    return whole(call(person.id, person.name), "");
  }

 private:
  std::string whole(const std::string& title, const char* script) const {
    return html_page({.title = title,
                      .images = place_ == PagePlace::kAlone ? "data:" : "'self' file:",
                      .style = assets::kPageCss,
                      .script = script},
                     body_);
  }

  void header(const std::string& heading) {
    const bool is_index = place_ != PagePlace::kPeople;
    body_ += "<a class=\"skip\" href=\"#main\">Skip to the content</a>\n<header>\n";
    body_ += is_index ? fmt::format("<h1>{}</h1>\n", heading) : fmt::format("<p>{}</p>\n", heading);
    if (is_index)
      body_ +=
          "<nav aria-label=\"Parts of this page\"><a href=\"#people\">People</a> "
          "<a href=\"#same\">Probably the same</a> <a href=\"#wrong\">Probably wrong</a> "
          "<a href=\"#figures\">Figures</a></nav>\n"
          "<div class=\"filter\" hidden><label for=\"filter\">Filter</label> "
          "<input id=\"filter\" type=\"search\" autocomplete=\"off\" placeholder=\"name or "
          "number\"> <output id=\"count\" for=\"filter\"></output></div>\n";
    body_ += "</header>\n";
  }

  std::string address_of(PersonId person) const {
    switch (place_) {
      case PagePlace::kAlone:
        return fmt::format("#p{}", person);
      case PagePlace::kTop:
        return person_file(person);
      case PagePlace::kPeople:
        return fmt::format("{}.html", person);
    }
    return {};
  }

  std::string source(const std::string& picture) const {
    return place_ == PagePlace::kPeople ? "../" + picture : picture;
  }

  std::string face_picture(FaceId face, const std::string& alt) const {
    const auto picture = pictures_.faces.find(face);
    if (picture == pictures_.faces.end())
      return fmt::format("<span class=\"none\">{}{}no picture</span>", html_text(alt),
                         alt.empty() ? "" : ": ");
    return fmt::format(
        "<img src=\"{}\" alt=\"{}\" width=\"112\" height=\"112\" loading=\"lazy\" "
        "decoding=\"async\">",
        html_text(source(picture->second)), html_text(alt));
  }

  /// A link to the person where the report has one.
  std::string link_to(PersonId person) const {
    const auto name = report_.names.find(person);
    const std::string text = fmt::format(
        "<bdi>{}</bdi>", html_text(call(person, name == report_.names.end() ? "" : name->second)));
    return shown_.contains(person) ? fmt::format("<a href=\"{}\">{}</a>", address_of(person), text)
                                   : text;
  }

  void people() {
    body_ += fmt::format(
        "<section id=\"people\" aria-labelledby=\"people-heading\">\n<h2 "
        "id=\"people-heading\">{}</h2>\n<p class=\"pale\">From <span class=\"path\">{}</span>, "
        "{} UTC.{}</p>\n",
        counted(std::ssize(report_.people), "person", "people"), html_text(report_.catalog),
        report_.created,
        report_.unrecognisable == 0
            ? ""
            : fmt::format(" {} not recognisable, and with nobody.",
                          counted(report_.unrecognisable, "more face is", "more faces are")));
    const std::size_t tiles = place_ == PagePlace::kTop && report_.people.size() > kMostTiles
                                  ? kFirstTiles
                                  : report_.people.size();
    {
      LongList list(body_, "people", kFirstTiles, report_.people.size());
      for (const ReportPerson& person : std::span(report_.people).first(tiles)) tile(list, person);
    }
    if (tiles < report_.people.size()) others(std::span(report_.people).subspan(tiles));
    body_ += "</section>\n";
  }

  void tile(LongList& list, const ReportPerson& person) const {
    list.add(fmt::format("<a href=\"{}\">{}<bdi>{}</bdi> <span class=\"pale\">{}{}</span></a>",
                         address_of(person.id), face_picture(cover_of(person), ""),
                         html_text(call(person.id, person.name)),
                         person.name.empty() ? "" : fmt::format("person {}, ", person.id),
                         counted(static_cast<long long>(person.face_count), "face")));
  }

  /// What the page's script makes tiles of, when they are near.
  void others(std::span<const ReportPerson> people) {
    body_ += fmt::format(
        "<noscript><p>Without scripts, only the first {} stand here. All have a page in the folder "
        "<code>people</code>.</p></noscript>\n<pre id=\"others\" hidden>\n",
        counted(std::ssize(report_.people) - std::ssize(people), "person", "people"));
    for (const ReportPerson& person : people) {
      const auto picture = pictures_.faces.find(cover_of(person));
      body_ += fmt::format("{}\t{}\t{}\t{}\n", person.id,
                           counted(static_cast<long long>(person.face_count), "face"),
                           picture == pictures_.faces.end() ? "" : html_text(picture->second),
                           html_text(person.name));
    }
    body_ += "</pre>\n";
  }

  static FaceId cover_of(const ReportPerson& person) {
    return person.faces.empty() ? 0 : person.faces.front().face.id;
  }

  void side(PersonId person, const std::vector<FaceId>& faces) {
    body_ += fmt::format("<div><p>{}</p><ul class=\"faces\">", link_to(person));
    for (const FaceId face : faces)
      body_ += fmt::format("<li>{}</li>", face_picture(face, fmt::format("face {}", face)));
    body_ += "</ul></div>\n";
  }

  std::string about_pairs() const {
    if (!report_.in_doubt)
      return "The model does not say how likely two people are one, so none are listed.";
    if (*report_.in_doubt == 0) return "No pair of people is in doubt.";
    const std::string asks =
        fmt::format("<code>facenet people review</code> asks about {} in doubt.",
                    counted(*report_.in_doubt, "pair that is", "pairs that are"));
    return (report_.same.empty() ? "No two people are more likely one than not. "
                                 : "These are more likely one person than not. ") +
           asks;
  }

  void pairs() {
    body_ += fmt::format(
        "<section id=\"same\" aria-labelledby=\"same-heading\">\n<h2 id=\"same-heading\">Probably "
        "the same</h2>\n<p>{}</p>\n<ul class=\"pairs\">\n",
        about_pairs());
    for (const ReviewPair& pair : report_.same) {
      body_ += fmt::format("<li><h3>Pair {}: probability {:.2f}</h3><div class=\"pair\">\n",
                           pair.id(), pair.probability);
      side(pair.a, pair.faces_a);
      side(pair.b, pair.faces_b);
      body_ += fmt::format(
          "</div><p>If they are one: <code>facenet people answer {0} yes</code>; if not: "
          "<code>facenet people answer {0} no</code></p></li>\n",
          pair.id());
    }
    body_ += "</ul>\n</section>\n";
  }

  void doubts() {
    body_ += fmt::format(
        "<section id=\"wrong\" aria-labelledby=\"wrong-heading\">\n<h2 "
        "id=\"wrong-heading\">Probably wrong</h2>\n<p>{}</p>\n<ul class=\"pairs\">\n",
        report_.wrong.empty()
            ? "No face is unlike the person whom it is with."
            : "Faces that are more unlike the others of their person than two faces of one person "
              "usually are.");
    for (const DoubtfulFace& doubt : report_.wrong) {
      const FaceId face = doubt.face.face.id;
      body_ += fmt::format(
          "<li><h3>Face {} as {}: probability {:.2f}</h3><div class=\"pair\"><ul "
          "class=\"faces\"><li>{}</li></ul>\n",
          face, link_to(doubt.person), doubt.probability,
          face_picture(face, fmt::format("face {}", face)));
      typical_faces(doubt.person);
      body_ += fmt::format(
          "</div><p>If it is somebody else: <code>facenet people reject {}</code></p></li>\n",
          face);
    }
    body_ += "</ul>\n</section>\n";
  }

  /// A few faces of the person to compare with.
  void typical_faces(PersonId id) {
    constexpr std::size_t kShown = 3;
    const ReportPerson* const person = shown_.at(id);
    body_ += "<ul class=\"faces\">";
    for (const FaceInPhoto& there :
         std::span(person->faces).first(std::min(kShown, person->faces.size())))
      body_ += fmt::format(
          "<li>{}</li>",
          face_picture(there.face.id, "a typical face of " + call(person->id, person->name)));
    body_ += "</ul>\n";
  }

  void figures() {
    body_ +=
        "<section id=\"figures\" aria-labelledby=\"figures-heading\">\n<h2 "
        "id=\"figures-heading\">Figures</h2>\n<dl>\n";
    for (const auto& [what, value] : report_.figures)
      body_ += fmt::format("<dt>{}</dt><dd>{}</dd>\n", html_text(what), with_commands(value));
    body_ += "</dl>\n</section>\n";
  }

  void person_body(const ReportPerson& person) {
    const std::string name = call(person.id, person.name);
    const char* const heading = place_ == PagePlace::kPeople ? "h1" : "h2";
    body_ += fmt::format(
        "<{0}><bdi>{1}</bdi></{0}>\n<p class=\"pale\">{2}{3}{4}</p>\n", heading, html_text(name),
        person.name.empty() ? "" : fmt::format("person {}, ", person.id),
        counted(static_cast<long long>(person.face_count), "face"),
        person.away == 0
            ? ""
            : fmt::format("; {} not there now",
                          counted(static_cast<long long>(person.away), "photo is", "photos are")));
    const char* const smaller = place_ == PagePlace::kPeople ? "h2" : "h3";
    const std::vector<FaceStack> stacks = face_stacks(person.faces, person.stacks);
    body_ += fmt::format("<{0}>Faces, the most typical first</{0}>\n", smaller);
    {
      LongList list(body_, "faces", 300, stacks.size());
      for (const FaceStack& stack : stacks)
        list.add(face_picture(stack.first.face.id,
                              fmt::format("face {} of {}", stack.first.face.id, name)) +
                 (stack.others.empty()
                      ? ""
                      : fmt::format("<span class=\"more\">+{}</span>", stack.others.size())));
    }
    body_ += fmt::format("<{0}>Photos</{0}>\n", smaller);
    photos(stacks, person.id);
  }

  /// Each photo once, by path; those of a stack below its first.
  void photos(std::vector<FaceStack> stacks, PersonId own) {
    std::ranges::stable_sort(stacks, [](const FaceStack& a, const FaceStack& b) {
      return comes_before(a.first, b.first);
    });
    LongList list(body_, "photos", 40, stacks.size());
    std::set<PictureOfFace> seen;
    for (FaceStack& stack : stacks) {
      if (!seen.insert(picture_of(stack.first.face)).second) continue;
      std::ranges::stable_sort(stack.others, comes_before);
      std::string others;
      std::size_t count = 0;
      for (const FaceInPhoto& there : stack.others)
        if (seen.insert(picture_of(there.face)).second) {
          others += fmt::format("<li>{}</li>", photo(there, own));
          ++count;
        }
      list.add(photo(stack.first, own) +
               (count == 0
                    ? ""
                    : fmt::format("<details><summary>+{} like it</summary><ul>{}</ul></details>",
                                  count, others)));
    }
  }

  static bool comes_before(const FaceInPhoto& a, const FaceInPhoto& b) {
    return std::tie(a.path, a.face.time_ms) < std::tie(b.path, b.face.time_ms);
  }

  std::string photo(const FaceInPhoto& there, PersonId own) const {
    const std::string file = std::filesystem::path(there.path).filename().string();
    std::string entry;
    if (const auto picture = pictures_.photos.find(picture_of(there.face));
        picture != pictures_.photos.end())
      entry = fmt::format(
          "<span class=\"photo\"><img src=\"{}\" alt=\"\" width=\"{}\" height=\"{}\" "
          "loading=\"lazy\" decoding=\"async\">{}</span>",
          html_text(source(picture->second.source)), picture->second.width, picture->second.height,
          boxes(there, own));
    entry += fmt::format("<p class=\"path\"><a href=\"{}\" title=\"{}\"><bdi>{}</bdi></a>{}{}</p>",
                         html_text(file_url(there.path)), html_text(there.path), html_text(file),
                         there.face.time_ms ? " at " + time_text(*there.face.time_ms) : "",
                         others_in(picture_of(there.face), own));
    return entry;
  }

  std::string boxes(const FaceInPhoto& there, PersonId own) const {
    std::string rectangles;
    for (const BoxedFace& boxed : report_.boxes.at(there.face.photo)) {
      const FaceRecord& face = boxed.face;
      if (face.time_ms != there.face.time_ms) continue;
      rectangles += fmt::format(
          "<rect{} x=\"{:.0f}\" y=\"{:.0f}\" width=\"{:.0f}\" height=\"{:.0f}\"/>",
          boxed.person == own ? " class=\"own\"" : "", face.x, face.y, face.width, face.height);
    }
    return fmt::format(
        "<svg viewBox=\"0 0 {} {}\" preserveAspectRatio=\"none\" "
        "aria-hidden=\"true\">{}</svg>",
        there.photo_width, there.photo_height, rectangles);
  }

  /// ", with Ben and person 7"
  std::string others_in(const PictureOfFace& picture, PersonId own) const {
    std::vector<std::string> others;
    std::set<PersonId> seen = {own, 0};
    for (const BoxedFace& boxed : report_.boxes.at(picture.first))
      if (picture_of(boxed.face) == picture && shown_.contains(boxed.person) &&
          seen.insert(boxed.person).second)
        others.push_back(link_to(boxed.person));
    return others.empty() ? "" : ", with " + listed(others, "and");
  }

  const Report& report_;
  const ReportPictures& pictures_;
  const ShownPeople& shown_;
  PagePlace place_;
  std::string body_;
};

}  // namespace

ReportPages::ReportPages(const Report& report, const ReportPictures& pictures)
    : report_(report), pictures_(pictures) {
  for (const ReportPerson& person : report.people) shown_.emplace(person.id, &person);
}

std::string ReportPages::index(PagePlace place) const {
  return Page(report_, pictures_, shown_, place).index();
}

std::string ReportPages::person(const ReportPerson& person) const {
  return Page(report_, pictures_, shown_, PagePlace::kPeople).person(person);
}

std::string person_file(PersonId person) {
  return fmt::format("people/{}.html", person);
}

}  // namespace facenet
