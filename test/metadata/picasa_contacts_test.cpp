#include "metadata/picasa_contacts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "metadata/picasa.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

std::string error_of_contacts(const std::string& xml) {
  try {
    read_picasa_contacts(xml);
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(PicasaContacts, NumbersAndNames) {
  const PicasaContacts contacts = read_picasa_contacts(
      "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\" ?>\r\n<contacts>\r\n"
      " <contact id=\"0C1D2E3F40516273\" name=\"Ada L\xc3\xb6w &amp; co\" display=\"Ada\" "
      "modified_time=\"2011-01-02T03:04:05+01:00\" sync_enabled=\"1\">\r\n"
      "  <subject user=\"ada\" id=\"7f\"/>\r\n </contact>\r\n"
      " <contact id=\"1\" name=\"\" display=\"Bob\"/><contact name=\"Nobody\"/>"
      "<contact id=\"xyz\" name=\"Neither\"/><contact id=\"2\"/>\r\n</contacts>\r\n");
  EXPECT_THAT(contacts,
              ElementsAre(Pair("1", "Bob"), Pair("c1d2e3f40516273", "Ada L\xc3\xb6w & co")));
}

TEST(PicasaContacts, WhatIsNoXmlIsRefused) {
  EXPECT_THAT(error_of_contacts(""), HasSubstr("is no XML"));
  EXPECT_THAT(error_of_contacts("<contacts><contact id='1' name='a'>"), HasSubstr("is no XML"));
  EXPECT_THAT(error_of_contacts("<contacts></contact>"), HasSubstr("is no XML"));
  EXPECT_THAT(error_of_contacts("<contacts name='\xff'/>"), HasSubstr("is no XML"));
  EXPECT_THAT(error_of_contacts("no XML\nat all"), testing::Not(HasSubstr("\n")));
  EXPECT_EQ(error_of_contacts("<html/>"), "none") << "without contacts";
}

TEST(PicasaContacts, EntitiesDoNotGrow) {
  const std::string bomb =
      "<!DOCTYPE c [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>"
      "<contacts><contact id=\"1\" name=\"&b;\"/></contacts>";
  EXPECT_THAT(error_of_contacts(bomb), HasSubstr("is no XML"));
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  EXPECT_THAT(error_of_contacts(deep), HasSubstr("is no XML"));
}

TEST(PicasaContacts, StandInForWhatAnIniLacks) {
  const std::string ini =
      "[a.jpg]\nfaces=rect64(4000200080006000),c1d2e3f40516273;rect64(c0004000ffff8000),2;"
      "rect64(0000400020008000),3;rect64(2000800040009000),ffffffffffffffff\n"
      "[Contacts2]\n2=Bob;;\n3=;;\n";
  const PicasaContacts contacts = {
      {"c1d2e3f40516273", "Ada"}, {"2", "Not Bob"}, {"3", "Cid"}, {"ffffffffffffffff", "Anybody"}};
  const auto regions = read_picasa(ini, contacts).at("a.jpg").regions;
  ASSERT_EQ(regions.size(), 4U);
  EXPECT_EQ(regions[0].name, "Ada");
  EXPECT_EQ(regions[1].name, "Bob") << "the folder's own list counts more";
  EXPECT_EQ(regions[2].name, "Cid");
  EXPECT_EQ(regions[3].name, "") << "whom Picasa does not know";
  EXPECT_EQ(
      read_picasa(ini, {{contact_key("0C1D2E3F40516273"), "Ada"}}).at("a.jpg").regions[0].name,
      "Ada")
      << "with or without a leading zero";
}

TEST(PicasaContacts, BehindWallsTheySayTheSame) {
  const std::vector<ForeignText> texts = {
      {.file = "a.xml", .text = "<contacts><contact id='7' name='Ada  L.'/></contacts>"},
      {.file = "b.xml", .text = "<"}};
  const auto readings = read_contacts_behind_walls(texts);
  ASSERT_EQ(readings.size(), 2U);
  EXPECT_THAT(readings[0].contacts, ElementsAre(Pair("7", "Ada  L.")));
  EXPECT_THAT(readings[1].error, HasSubstr("is no XML"));
  EXPECT_THAT(readings[1].contacts, IsEmpty());
}

}  // namespace
}  // namespace facenet
