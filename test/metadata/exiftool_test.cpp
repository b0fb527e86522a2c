// ExifTool as the witness: it reads what facenet writes, and the other way round.
#include <array>
#include <cstdio>
#include <memory>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "metadata/xmp_regions.h"
#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

std::string output_of(const std::string& command) {
  const auto close = [](std::FILE* file) { ::pclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> pipe(::popen(command.c_str(), "r"), close);
  std::string output;
  std::array<char, 4096> buffer{};
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe.get()))
    output.append(buffer.data(), count);
  return output;
}

class ExifToolTest : public testing::Test {
 protected:
  nlohmann::json tags_of(const std::string& path) {
    return nlohmann::json::parse(output_of("exiftool -struct -j '" + path + "'")).at(0);
  }
  TemporaryFolder folder_;
  const SidecarContent content_{
      .width = 4000,
      .height = 3000,
      .regions = {{.name = "Ann", .x = 0.1, .y = 0.2, .width = 0.25, .height = 0.3},
                  {.name = "Zo\xc3\xab", .x = 0.61, .y = 0.3, .width = 1.0 / 3, .height = 0.15}}};
};

TEST_F(ExifToolTest, ReadsWhatIsWrittenToAPixel) {
  const auto tags = tags_of(folder_.write("photo.jpg.xmp", with_regions("", content_)));
  const auto& info = tags.at("RegionInfo");
  EXPECT_EQ(info.at("AppliedToDimensions").at("W"), 4000);
  EXPECT_EQ(info.at("AppliedToDimensions").at("H"), 3000);
  EXPECT_EQ(info.at("AppliedToDimensions").at("Unit"), "pixel");
  ASSERT_EQ(info.at("RegionList").size(), content_.regions.size());
  for (std::size_t i = 0; i < content_.regions.size(); ++i) {
    const FaceRegion& region = content_.regions[i];
    const auto& read = info.at("RegionList").at(i);
    EXPECT_EQ(read.at("Name"), region.name);
    EXPECT_EQ(read.at("Type"), "Face");
    const auto& area = read.at("Area");
    EXPECT_EQ(area.at("Unit"), "normalized");
    const auto number = [&](const char* name) { return area.at(name).get<double>(); };
    EXPECT_NEAR((number("X") - number("W") / 2) * 4000, region.x * 4000, 1);
    EXPECT_NEAR((number("Y") - number("H") / 2) * 3000, region.y * 3000, 1);
    EXPECT_NEAR(number("W") * 4000, region.width * 4000, 1);
    EXPECT_NEAR(number("H") * 3000, region.height * 3000, 1);
  }
  const auto& microsoft = tags.at("RegionInfoMP").at("Regions");
  ASSERT_EQ(microsoft.size(), 2U);
  EXPECT_EQ(microsoft.at(0).at("PersonDisplayName"), "Ann");
  EXPECT_EQ(microsoft.at(0).at("Rectangle"), "0.100000, 0.200000, 0.250000, 0.300000");
  EXPECT_EQ(tags.at("PersonInImage"), (nlohmann::json{"Ann", "Zo\xc3\xab"}));
  EXPECT_EQ(tags.at("Subject"), (nlohmann::json{"Ann", "Zo\xc3\xab"}));
  EXPECT_EQ(tags.at("HierarchicalSubject"), (nlohmann::json{"People|Ann", "People|Zo\xc3\xab"}));
  EXPECT_EQ(tags.at("TagsList"), (nlohmann::json{"People/Ann", "People/Zo\xc3\xab"}));
}

TEST_F(ExifToolTest, WhatItWritesIsRead) {
  const std::string path = folder_.path("made.xmp");
  output_of(
      "exiftool -q "
      "-RegionInfo='{AppliedToDimensions={W=840,H=700,Unit=pixel},RegionList=[{Area={X=0."
      "31,Y=0.63,W=0.2,H=0.11,Unit=normalized},Name=Marie Curie,Type=Face}]}' "
      "-RegionInfoMP='{Regions=[{PersonDisplayName=Pierre Curie,Rectangle=0.1|, 0.2|, 0.3|, "
      "0.4}]}' '" +
      path + "'");
  const FaceRegions regions = read_regions(folder_.read("made.xmp"));
  EXPECT_EQ(regions.width, 840);
  EXPECT_EQ(regions.height, 700);
  ASSERT_EQ(regions.regions.size(), 2U);
  EXPECT_EQ(regions.regions[0].name, "Marie Curie");
  EXPECT_NEAR(regions.regions[0].x, 0.21, 1e-9);
  EXPECT_NEAR(regions.regions[0].y, 0.575, 1e-9);
  EXPECT_EQ(regions.regions[1].name, "Pierre Curie");
  EXPECT_NEAR(regions.regions[1].height, 0.4, 1e-9);
}

}  // namespace
}  // namespace facenet
