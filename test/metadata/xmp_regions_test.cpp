#include "metadata/xmp_regions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "metadata/xmp_document.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::UnorderedElementsAre;
using testing::UnorderedElementsAreArray;

std::string xmp_of(const std::string& properties) {
  return R"(<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF )"
         R"(xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" )"
         R"(xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/" )"
         R"(xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#" )"
         R"(xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#" )"
         R"(xmlns:MP="http://ns.microsoft.com/photo/1.2/" )"
         R"(xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#" )"
         R"(xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#" )"
         R"(xmlns:dc="http://purl.org/dc/elements/1.1/" )"
         R"(xmlns:digiKam="http://www.digikam.org/ns/1.0/" )"
         R"(xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" )"
         R"(xmlns:xmp="http://ns.adobe.com/xap/1.0/">)" +
         properties + "</rdf:Description></rdf:RDF></x:xmpmeta>";
}

std::string mwg_region(const std::string& name, double x, double y, double w, double h,
                       const std::string& type = "Face", const std::string& unit = "normalized") {
  return fmt::format(
      R"(<rdf:li rdf:parseType="Resource"><mwg-rs:Area stArea:x="{}" stArea:y="{}" stArea:w="{}" )"
      R"(stArea:h="{}" stArea:unit="{}"/><mwg-rs:Name>{}</mwg-rs:Name><mwg-rs:Type>{}</mwg-rs:Type></rdf:li>)",
      x, y, w, h, unit, name, type);
}

std::string mwg_regions(const std::string& items) {
  return R"(<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:AppliedToDimensions stDim:w="840" )"
         R"(stDim:h="700" stDim:unit="pixel"/><mwg-rs:RegionList><rdf:Bag>)" +
         items + "</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>";
}

std::string microsoft_regions(const std::string& items) {
  return R"(<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag>)" + items +
         "</rdf:Bag></MPRI:Regions></MP:RegionInfo>";
}

std::string microsoft_region(const std::string& name, const std::string& rectangle) {
  return R"(<rdf:li MPReg:Rectangle=")" + rectangle + R"(" MPReg:PersonDisplayName=")" + name +
         R"("/>)";
}

FaceRegion region(const std::string& name, double x, double y, double w, double h) {
  return {.name = name, .x = x, .y = y, .width = w, .height = h};
}

TEST(ReadRegions, OfTheMetadataWorkingGroup) {
  const FaceRegions regions = read_regions(xmp_of(mwg_regions(
      mwg_region("Marie Curie", 0.5, 0.5, 0.25, 0.5) + mwg_region("", 0.125, 0.125, 0.25, 0.25) +
      mwg_region("Rex", 0.9, 0.9, 0.1, 0.1, "Pet") + mwg_region("", 0.9, 0.9, 0.1, 0.1, "Focus") +
      mwg_region("in pixels", 630, 350, 84, 70, "Face", "pixel"))));
  EXPECT_EQ(regions.width, 840);
  EXPECT_EQ(regions.height, 700);
  ASSERT_EQ(regions.regions.size(), 3U);
  EXPECT_EQ(regions.regions[0], region("Marie Curie", 0.375, 0.25, 0.25, 0.5));
  EXPECT_EQ(regions.regions[1], region("", 0, 0, 0.25, 0.25));
  EXPECT_EQ(regions.regions[2].name, "in pixels");
  EXPECT_NEAR(regions.regions[2].x, 0.7, 1e-12);
  EXPECT_NEAR(regions.regions[2].height, 0.1, 1e-12);
}

TEST(ReadRegions, OfMicrosoftAndOncePerFace) {
  const FaceRegions regions =
      read_regions(xmp_of(mwg_regions(mwg_region("Ann", 0.5, 0.5, 0.25, 0.5)) +
                          microsoft_regions(microsoft_region("Ann", "0.375, 0.25, 0.25, 0.5") +
                                            microsoft_region("Bob", "0,0,0.125,0.125") +
                                            microsoft_region("Eve", "0.38, 0.25, 0.25, 0.5"))));
  EXPECT_THAT(regions.regions,
              ElementsAre(region("Ann", 0.375, 0.25, 0.25, 0.5), region("Bob", 0, 0, 0.125, 0.125),
                          region("Eve", 0.38, 0.25, 0.25, 0.5)))
      << "two names for one face are both told";
}

TEST(ReadRegions, WhatMakesNoSenseIsLeftOut) {
  const FaceRegions regions = read_regions(
      xmp_of(mwg_regions(mwg_region("a", 0.5, 0.5, 0, 0.5) + mwg_region("b", 0.5, 0.5, -1, 0.5) +
                         "<rdf:li/><rdf:li>text</rdf:li>" +
                         mwg_region(" two\nlines ", 0.5, 0.5, 0.5, 0.5)) +
             microsoft_regions(microsoft_region("c", "1, 2, 3") + microsoft_region("d", "x") +
                               R"(<rdf:li MPReg:PersonDisplayName="whole photo"/>)")));
  ASSERT_EQ(regions.regions.size(), 1U);
  EXPECT_EQ(regions.regions[0].name, "two lines");
  EXPECT_THAT(read_regions(xmp_of("")).regions, IsEmpty());
  EXPECT_THROW(read_regions("<x:xmpmeta"), Error);
  EXPECT_THROW(read_regions("no XML at all"), Error);
}

class WriteRegionsTest : public testing::Test {
 protected:
  static SidecarContent content(std::vector<FaceRegion> regions) {
    return {.width = 4000, .height = 3000, .regions = std::move(regions)};
  }
  static std::vector<std::string> keywords(const std::string& text) {
    return XmpDocument(text).items(xmp::kDublinCore, "dc:subject");
  }
  const FaceRegion ann_ = region("Ann", 0.1, 0.2, 0.25, 0.3);
  const FaceRegion bob_ = region("Bob", 0.6, 0.2, 0.25, 0.3);
};

TEST_F(WriteRegionsTest, WhatIsWrittenIsReadBack) {
  const std::string text = with_regions("", content({ann_, bob_}));
  const FaceRegions read = read_regions(text);
  EXPECT_EQ(read.width, 4000);
  EXPECT_EQ(read.height, 3000);
  ASSERT_EQ(read.regions.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(read.regions[i].name, i == 0 ? "Ann" : "Bob");
    EXPECT_GT(overlap(read.regions[i], i == 0 ? ann_ : bob_), 0.99999);
  }
  EXPECT_THAT(keywords(text), UnorderedElementsAre("Ann", "Bob"));
  const XmpDocument document(text);
  EXPECT_THAT(document.items(xmp::kLightroom, "lr:hierarchicalSubject"),
              UnorderedElementsAre("People|Ann", "People|Bob"));
  EXPECT_THAT(document.items(xmp::kDigikam, "digiKam:TagsList"),
              UnorderedElementsAre("People/Ann", "People/Bob"));
  EXPECT_THAT(document.items(xmp::kIptc, "Iptc4xmpExt:PersonInImage"),
              UnorderedElementsAre("Ann", "Bob"));
}

TEST_F(WriteRegionsTest, TwiceIsAsOnce) {
  const FaceRegion odd = region(
      "\xc3\x89"
      "ve <&\"> , 1/2|3",
      1.0 / 3, 2.0 / 7, 1.0 / 11, 0.123456789);
  const std::string once = with_regions("", content({ann_, odd}));
  EXPECT_EQ(with_regions(once, content({ann_, odd})), once);
  const FaceRegions read = read_regions(once);
  ASSERT_EQ(read.regions.size(), 2U);
  EXPECT_EQ(read.regions[1].name, odd.name);
}

TEST_F(WriteRegionsTest, OwnMarksFollowWhatIsSaidNow) {
  const std::string both = with_regions("", content({ann_, bob_}));
  FaceRegion eve = bob_;
  eve.name = "Eve";
  const std::string renamed = with_regions(both, content({ann_, eve}));
  EXPECT_THAT(keywords(renamed), UnorderedElementsAre("Ann", "Eve"));
  EXPECT_EQ(read_regions(renamed).regions.size(), 2U);
  const std::string none = with_regions(renamed, content({}));
  EXPECT_THAT(read_regions(none).regions, IsEmpty());
  EXPECT_THAT(XmpDocument(none).leaves(), IsEmpty()) << none;
}

TEST_F(WriteRegionsTest, WhatOthersWroteStays) {
  // As digiKam writes: a region of its own, a keyword, a rating; and what nobody here knows.
  const std::string before = xmp_of(
      mwg_regions(mwg_region("Marie Curie", 0.9, 0.9, 0.1, 0.1) +
                  mwg_region("Rex", 0.5, 0.9, 0.1, 0.1, "Pet")) +
      R"(<dc:subject><rdf:Bag><rdf:li>Marie Curie</rdf:li><rdf:li>holiday</rdf:li></rdf:Bag></dc:subject>)"
      R"(<digiKam:TagsList><rdf:Seq><rdf:li>People/Marie Curie</rdf:li></rdf:Seq></digiKam:TagsList>)"
      R"(<xmp:Rating>4</xmp:Rating><crs:ToneCurve><rdf:Seq><rdf:li>0, 0</rdf:li><rdf:li>255, 255)"
      R"(</rdf:li></rdf:Seq></crs:ToneCurve>)");
  const std::string after = with_regions(before, content({ann_}));
  const XmpDocument document(after);
  EXPECT_EQ(document.value({"http://ns.adobe.com/xap/1.0/", "xmp"}, "xmp:Rating"), "4");
  EXPECT_THAT(
      document.items({"http://ns.adobe.com/camera-raw-settings/1.0/", "crs"}, "crs:ToneCurve"),
      ElementsAre("0, 0", "255, 255"));
  EXPECT_THAT(keywords(after), UnorderedElementsAre("Marie Curie", "holiday", "Ann"));
  EXPECT_EQ(document.count(xmp::kMwgRegions, "mwg-rs:Regions/mwg-rs:RegionList"), 3);
  EXPECT_THAT(after, HasSubstr("Rex"));
  EXPECT_EQ(read_regions(after).width, 840) << "others' regions were drawn on that size";
  // And without facenet's marks it says again what it said.
  const XmpDocument again(with_regions(after, content({})));
  EXPECT_THAT(again.leaves(), UnorderedElementsAreArray(XmpDocument(before).leaves()));
}

/// In the form of Adobe's documentation: simple properties as attributes, regions as nested
/// descriptions, the history of a raw photo.
constexpr const char* kOfLightroom =
    R"(<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
    xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
    xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
    xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
    xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#"
    xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#"
    xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"
   xmp:Rating="3" xmp:Label="Red" photoshop:SidecarForExtension="CR2"
   crs:Exposure2012="+0.35" crs:HasCrop="False">
   <dc:subject><rdf:Bag><rdf:li>Marie Curie</rdf:li><rdf:li>Paris</rdf:li></rdf:Bag></dc:subject>
   <lr:hierarchicalSubject><rdf:Bag><rdf:li>Family|Marie Curie</rdf:li><rdf:li>Places|Paris</rdf:li></rdf:Bag></lr:hierarchicalSubject>
   <dc:description><rdf:Alt><rdf:li xml:lang="x-default">At the Seine</rdf:li></rdf:Alt></dc:description>
   <xmpMM:History><rdf:Seq><rdf:li stEvt:action="saved" stEvt:changed="/metadata"/></rdf:Seq></xmpMM:History>
   <mwg-rs:Regions rdf:parseType="Resource">
    <mwg-rs:AppliedToDimensions stDim:w="4000" stDim:h="3000" stDim:unit="pixel"/>
    <mwg-rs:RegionList><rdf:Bag><rdf:li>
     <rdf:Description mwg-rs:Rotation="0.00000" mwg-rs:Name="Marie Curie" mwg-rs:Type="Face">
      <mwg-rs:Area stArea:h="0.1" stArea:w="0.1" stArea:x="0.9" stArea:y="0.9" stArea:unit="normalized"/>
     </rdf:Description></rdf:li></rdf:Bag></mwg-rs:RegionList>
   </mwg-rs:Regions>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>)";

TEST_F(WriteRegionsTest, WhatLightroomWroteStays) {
  const std::string before = kOfLightroom;
  ASSERT_EQ(read_regions(before).regions.size(), 1U);
  EXPECT_EQ(read_regions(before).regions[0].name, "Marie Curie");
  const std::string after = with_regions(before, content({ann_}));
  EXPECT_THAT(keywords(after), UnorderedElementsAre("Marie Curie", "Paris", "Ann"));
  EXPECT_THAT(XmpDocument(after).items(xmp::kLightroom, "lr:hierarchicalSubject"),
              UnorderedElementsAre("Family|Marie Curie", "Places|Paris", "People|Ann"));
  EXPECT_EQ(read_regions(after).regions.size(), 2U);
  EXPECT_THAT(XmpDocument(after).leaves(), IsSupersetOf(XmpDocument(before).leaves()));
  const XmpDocument again(with_regions(after, content({})));
  EXPECT_THAT(again.leaves(), UnorderedElementsAreArray(XmpDocument(before).leaves()));
}

TEST_F(WriteRegionsTest, AFaceThatOthersMarkIsTheirs) {
  const std::string before = xmp_of(mwg_regions(mwg_region("Anna", 0.225, 0.35, 0.24, 0.29)));
  const std::string after = with_regions(before, content({ann_, bob_}));
  const FaceRegions read = read_regions(after);
  ASSERT_EQ(read.regions.size(), 2U);
  EXPECT_EQ(read.regions[0].name, "Anna");
  EXPECT_EQ(read.regions[1].name, "Bob");
  EXPECT_THAT(keywords(after), ElementsAre("Bob"));
}

TEST_F(WriteRegionsTest, AMarkThatSomebodyRenamedIsTheirs) {
  std::string text = with_regions("", content({ann_}));
  for (std::size_t at = text.find("Ann"); at != std::string::npos; at = text.find("Ann", at + 4))
    if (text.find("facenet:Regions") > at || text.find("</facenet:Regions>") < at)
      text.replace(at, 3, "Amy");
  const std::string after = with_regions(text, content({ann_}));
  ASSERT_EQ(read_regions(after).regions.size(), 1U);
  EXPECT_EQ(read_regions(after).regions[0].name, "Amy");
}

TEST_F(WriteRegionsTest, AFileThatIsNoXmpIsRefused) {
  EXPECT_THROW(with_regions("<html>", content({ann_})), Error);
  EXPECT_THROW(with_regions(std::string(100, '\0'), content({ann_})), Error);
}

}  // namespace
}  // namespace facenet
