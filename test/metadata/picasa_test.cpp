#include "metadata/picasa.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace facenet {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

TEST(Picasa, FacesOfAFolderWithTheNamesOfContacts) {
  const auto photos = read_picasa(
      "\xef\xbb\xbf[Picasa]\r\nname=Birthday\r\n"
      "[IMG 1.JPG]\r\nstar=yes\r\n"
      "faces=rect64(4000200080006000),b5d3a7e4f1c2d9a8;rect64(c0004000ffff8000),"
      "ffffffffffffffff\r\n"
      "backuphash=1234\r\n"
      "[b.jpg]\nfaces=rect64(2000400060008000),1;\n"
      "[Contacts2]\r\nb5d3a7e4f1c2d9a8=Ada L\xc3\xb6w;ada@example.org;\r\n1=Bob;;\r\n");
  ASSERT_THAT(photos, SizeIs(2));
  const auto& first = photos.at("IMG 1.JPG").regions;
  ASSERT_THAT(first, SizeIs(2));
  EXPECT_EQ(
      first[0],
      (FaceRegion{.name = "Ada L\xc3\xb6w", .x = 0.25, .y = 0.125, .width = 0.25, .height = 0.25}));
  EXPECT_EQ(first[1].name, "") << "nobody knows who it is";
  // 15 digits: the leading zero is left out.
  EXPECT_EQ(read_picasa("[a]\nfaces=rect64(800200080006000),1\n").at("a").regions[0].x,
            0x0800 / 65'536.0);
  EXPECT_EQ(photos.at("b.jpg").regions[0].name, "Bob");
}

TEST(Picasa, WhatMakesNoSenseIsPassedOver) {
  EXPECT_THAT(read_picasa(""), IsEmpty());
  EXPECT_THAT(read_picasa("no ini\n=\n[\n]\n[a]\nfaces\nfaces=\nfaces=;;,,\n"), IsEmpty());
  EXPECT_THAT(read_picasa("[a]\nfaces=rect64(xyz),1;rect64(),1;rect64(12345678901234567),1;"
                          "rect64(4000200040006000),1;rect64(8000200040006000),1;rect64(1,1\n"),
              IsEmpty());
  EXPECT_EQ(read_picasa("[a]\nfaces=rect64(4000200080006000)\n[Contacts2]\n=Nobody;\n")
                .at("a")
                .regions[0]
                .name,
            "");
  EXPECT_EQ(read_picasa("[a]\nfaces=rect64(4000200080006000),1\n[Contacts2]\n1=\xff;\n")
                .at("a")
                .regions[0]
                .name,
            "\xef\xbf\xbd");
}

}  // namespace
}  // namespace facenet
