#include "report/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace facenet {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

FaceInPhoto face_in(FaceId id, PhotoId photo, const std::string& path) {
  return {.face = {.id = id, .photo = photo, .x = 10, .y = 20, .width = 30, .height = 40},
          .path = path,
          .photo_width = 400,
          .photo_height = 300};
}

/// Anna (7) and person 9 in one photo, person 9 once more in another.
Report example() {
  Report report;
  report.catalog = "/c.db";
  report.people = {
      {.id = 7, .name = "Anna", .face_count = 1, .faces = {face_in(1, 100, "/a/x.jpg")}},
      {.id = 9,
       .face_count = 3,
       .faces = {face_in(2, 100, "/a/x.jpg"), face_in(3, 200, "/a/y.jpg")},
       .away = 1}};
  report.names = {{7, "Anna"}, {9, ""}};
  report.boxes[100] = {{report.people[0].faces[0].face, 7}, {report.people[1].faces[0].face, 9}};
  report.boxes[200] = {{report.people[1].faces[1].face, 9}};
  report.figures = {{"named", "1 person: `facenet people list` & more"}};
  return report;
}

ReportPictures pictures() {
  ReportPictures pictures;
  for (const FaceId face : {1, 2}) pictures.faces[face] = fmt::format("faces/0/{}.webp", face);
  pictures.photos[{100, {}}] = {.source = "photos/0/100.webp", .width = 200, .height = 150};
  return pictures;
}

std::string index_page(const Report& report, const ReportPictures& pictures, PagePlace place) {
  return ReportPages(report, pictures).index(place);
}

std::string person_page(const Report& report, const ReportPerson& person,
                        const ReportPictures& pictures) {
  return ReportPages(report, pictures).person(person);
}

TEST(IndexPage, HasATileAPerson) {
  const std::string page = index_page(example(), pictures(), PagePlace::kTop);
  EXPECT_THAT(page, HasSubstr("2 people</h2>"));
  EXPECT_THAT(page, HasSubstr("<a href=\"people/7.html\"><img src=\"faces/0/1.webp\" alt=\"\""));
  EXPECT_THAT(page, HasSubstr("<bdi>Anna</bdi> <span class=\"pale\">person 7, 1 face</span>"));
  EXPECT_THAT(page, HasSubstr("<bdi>person 9</bdi> <span class=\"pale\">3 faces</span>"));
  EXPECT_THAT(page, HasSubstr("img-src 'self' file:;"));
  EXPECT_THAT(page, HasSubstr("<code>facenet people list</code> &amp; more</dd>"));
  EXPECT_THAT(page, Not(HasSubstr("photos/0/100.webp"))) << "which the people's pages show";
}

TEST(IndexPage, HasLinesInPlaceOfTheTilesOfVeryMany) {
  Report report = example();
  ReportPictures made = pictures();
  for (PersonId id = 10; id < 2010; ++id)
    report.people.push_back({.id = id, .face_count = 1, .faces = {face_in(1000 + id, 100, "/a")}});
  report.people.back().name = "Tab\t<b>\n";
  made.faces[3008] = "faces/3/3008.webp";
  const std::string page = ReportPages(report, made).index(PagePlace::kTop);
  std::size_t tiles = 0;
  for (std::size_t at = page.find("<li><a "); at < page.find("</section>"); ++tiles)
    at = page.find("<li><a ", at + 1);
  EXPECT_EQ(tiles, 240U);
  EXPECT_THAT(page, HasSubstr("2,002 people</h2>"));
  EXPECT_THAT(page, HasSubstr("only the first 240 people stand here"));
  EXPECT_THAT(page, HasSubstr("<a href=\"people/247.html\">"));
  EXPECT_THAT(page, HasSubstr("<pre id=\"others\" hidden>\n248\t1 face\t\t\n249\t1 face\t\t\n"));
  EXPECT_THAT(page,
              HasSubstr("\n2008\t1 face\tfaces/3/3008.webp\t\n2009\t1 face\t\tTab\\t&lt;b&gt;"));
  EXPECT_THAT(page, HasSubstr("\n</pre>\n"));
}

TEST(PersonPage, ShowsFramesOfAVideoByThemselves) {
  Report report = example();
  FaceInPhoto early = face_in(4, 300, "/a/film.mp4");
  early.face.time_ms = 1'000;
  FaceInPhoto late = face_in(5, 300, "/a/film.mp4");
  late.face.time_ms = 62'000;
  late.face.x = 111;
  report.people[0].faces = {late, early};
  report.boxes[300] = {{early.face, 7}, {late.face, 7}};
  ReportPictures made = pictures();
  made.photos[{300, 62'000}] = {.source = "photos/0/300-62000.webp", .width = 200, .height = 150};
  const std::string page = person_page(report, report.people[0], made);
  EXPECT_THAT(page, HasSubstr("film.mp4</bdi></a> at 0:01"));
  EXPECT_THAT(page, HasSubstr("film.mp4</bdi></a> at 1:02"));
  const std::string picture = page.substr(page.find("photos/0/300-62000.webp"));
  EXPECT_THAT(picture, HasSubstr("x=\"111\""));
  EXPECT_THAT(picture, Not(HasSubstr("x=\"10\"")));
}

TEST(PersonPage, ShowsAStackAsOneAndItsOtherPhotosWhenAsked) {
  Report report = example();
  ReportPerson& person = report.people[1];
  person.faces = {face_in(2, 100, "/a/x.jpg"), face_in(3, 200, "/a/y.jpg"),
                  face_in(4, 300, "/a/x-small.jpg")};
  person.stacks = {0, 1, 0};
  report.boxes[300] = {{person.faces[2].face, 9}};
  const std::string page = person_page(report, person, pictures());
  EXPECT_THAT(page, HasSubstr("alt=\"face 2 of person 9\""));
  EXPECT_THAT(page, Not(HasSubstr("face 4 of"))) << "which is in the first's stack";
  EXPECT_THAT(page, HasSubstr("<span class=\"more\">+1</span>"));
  const auto details = page.find("<details><summary>+1 like it</summary>");
  ASSERT_NE(details, page.npos);
  EXPECT_LT(page.find(">x.jpg<"), details);
  EXPECT_GT(page.find(">x-small.jpg<"), details);
  EXPECT_GT(page.find(">y.jpg<"), page.find("</details>"));
}

TEST(IndexPage, ThatStandsAloneHoldsEverybodysPhotos) {
  const std::string page = index_page(example(), pictures(), PagePlace::kAlone);
  EXPECT_THAT(page, HasSubstr("<a href=\"#p7\">"));
  EXPECT_THAT(page, HasSubstr("id=\"p7\""));
  EXPECT_THAT(page, HasSubstr("photos/0/100.webp"));
  EXPECT_THAT(page, HasSubstr("img-src data:;"));
}

TEST(IndexPage, SaysWhenNothingIsInDoubt) {
  Report report = example();
  const auto page_of = [&] { return index_page(report, pictures(), PagePlace::kTop); };
  EXPECT_THAT(page_of(), HasSubstr("The model does not say how likely two people are one"));
  report.in_doubt = 3;
  EXPECT_THAT(page_of(), HasSubstr("No two people are more likely one than not. "));
  report.in_doubt = 0;
  const std::string page = page_of();
  EXPECT_THAT(page, HasSubstr("No pair of people is in doubt."));
  EXPECT_THAT(page, HasSubstr("No face is unlike the person whom it is with."));
}

TEST(IndexPage, ListsWhatToLookAt) {
  Report report = example();
  report.same = {{.a = 7, .b = 9, .probability = 0.87, .faces_a = {1}, .faces_b = {2, 3}}};
  report.in_doubt = 60;
  report.wrong = {{.face = report.people[1].faces[1], .person = 9, .probability = 0.12}};
  const std::string page = index_page(report, pictures(), PagePlace::kTop);
  EXPECT_THAT(page, HasSubstr("These are more likely one person than not. <code>facenet people "
                              "review</code> asks about 60 pairs that are in doubt."));
  EXPECT_THAT(page, HasSubstr("Pair 7-9: probability 0.87"));
  EXPECT_THAT(page, HasSubstr("facenet people answer 7-9 yes"));
  EXPECT_THAT(page, HasSubstr("Face 3 as <a href=\"people/9.html\"><bdi>person 9</bdi></a>: "
                              "probability 0.12"));
  EXPECT_THAT(page, HasSubstr("facenet people reject 3"));
  EXPECT_THAT(page, HasSubstr("<span class=\"none\">face 3: no picture</span>"));
}

TEST(PersonPage, ShowsPhotosWithBoxes) {
  const Report report = example();
  const std::string page = person_page(report, report.people[1], pictures());
  EXPECT_THAT(page, HasSubstr("<h1><bdi>person 9</bdi></h1>"));
  EXPECT_THAT(page, HasSubstr("3 faces; 1 photo is not there now"));
  EXPECT_THAT(page, HasSubstr("<img src=\"../faces/0/2.webp\" alt=\"face 2 of person 9\""));
  EXPECT_THAT(page, HasSubstr("<img src=\"../photos/0/100.webp\" alt=\"\" width=\"200\" "
                              "height=\"150\""));
  EXPECT_THAT(page, HasSubstr("<svg viewBox=\"0 0 400 300\""));
  EXPECT_THAT(page, AllOf(HasSubstr("<rect x=\"10\" y=\"20\" width=\"30\" height=\"40\"/>"),
                          HasSubstr("<rect class=\"own\" x=\"10\"")));
  EXPECT_THAT(page, HasSubstr("href=\"file:///a/x.jpg\" title=\"/a/x.jpg\"><bdi>x.jpg</bdi></a>, "
                              "with <a href=\"7.html\"><bdi>Anna</bdi></a>"));
  EXPECT_THAT(page, HasSubstr("y.jpg")) << "a photo without a picture is named";
}

TEST(Pages, EscapeWhatComesFromOutside) {
  Report report = example();
  const std::string evil = "\"><script>alert('1')</script>";
  report.catalog = "/" + evil;
  report.names[7] = report.people[0].name = evil;
  report.people[0].faces[0].path = "/" + evil + ".jpg";
  report.figures = {{evil, "`" + evil + "`"}};
  report.same = {{.a = 7, .b = 9, .faces_a = {1}, .faces_b = {3}}};
  report.wrong = {{.face = report.people[0].faces[0], .person = 7}};
  ReportPictures none;
  const std::string pages = index_page(report, none, PagePlace::kAlone) +
                            index_page(report, pictures(), PagePlace::kTop) +
                            person_page(report, report.people[0], pictures());
  EXPECT_THAT(pages, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(pages, Not(HasSubstr("\">&lt;script")));
  EXPECT_THAT(pages, HasSubstr("&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"));
}

}  // namespace
}  // namespace facenet
