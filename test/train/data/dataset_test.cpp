#include "train/data/dataset.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/interrupt.h"
#include "test/support/temporary_folder.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

TEST(LabelByFolder, TakesTheFirstFolderBelowTheRoot) {
  const std::vector<std::string> paths = {"/set/zoe/1.jpg", "/set/list.csv",
                                          "/set/adam/video 2/10.jpg", "/set/adam/video 1/9.jpg"};
  for (const std::string root : {"/set", "/set/"}) {
    EXPECT_THAT(label_by_folder(root, paths),
                ElementsAre(LabelledImage{"/set/adam/video 1/9.jpg", "adam"},
                            LabelledImage{"/set/adam/video 2/10.jpg", "adam"},
                            LabelledImage{"/set/zoe/1.jpg", "zoe"}));
  }
  EXPECT_EQ(label_by_folder("/set", paths, "films")[2].identity, "films/zoe");
}

TEST(LabelByFolder, WantsPeoplesFolders) {
  const std::vector<std::string> loose = {"/set/1.jpg"}, other = {"/settlement/adam/1.jpg"};
  EXPECT_THAT([&] { label_by_folder("/set", loose); },
              ThrowsMessage<Error>(HasSubstr("a folder for each person")));
  EXPECT_THAT([&] { label_by_folder("/set", other); },
              ThrowsMessage<Error>(HasSubstr("not below /set")));
}

TEST(LabelByFolder, DoesNotTakeAScanThatWasStoppedForAnEmptyFolder) {
  EXPECT_EXIT(
      {
        install_interrupt_handlers();
        std::raise(SIGTERM);
        try {
          label_by_folder("/set", {});
        } catch (const Interrupted&) {
          std::_Exit(7);
        }
      },
      testing::ExitedWithCode(7), "");
}

TEST(ReadImageList, ReadsQuotedFields) {
  const TemporaryFolder folder;
  const std::string csv = folder.write("list.csv",
                                       "path,identity\r\n"
                                       "\"b, \"\"best\"\".jpg\",\"Berg, Alban\"\r\n"
                                       "\n"
                                       "/elsewhere/a.jpg,Adams\n"
                                       "../c.jpg,\"two\nlines\"");
  const std::string parent = folder.path().substr(0, folder.path().rfind('/'));
  EXPECT_THAT(read_image_list(csv),
              ElementsAre(LabelledImage{"/elsewhere/a.jpg", "Adams"},
                          LabelledImage{folder.path("b, \"best\".jpg"), "Berg, Alban"},
                          LabelledImage{parent + "/c.jpg", "two\nlines"}));
}

TEST(ReadImageList, NamesTheBadLine) {
  const TemporaryFolder folder;
  const auto expect_error = [&](const std::string& text, const std::string& message) {
    const std::string csv = folder.write("list.csv", text);
    EXPECT_THAT([&] { read_image_list(csv); }, ThrowsMessage<Error>(HasSubstr(message))) << text;
  };
  expect_error("a.jpg,A\n\"b\n.jpg\",B\nc.jpg\n", "line 4 must hold path,identity");
  expect_error("a.jpg,A,x\n", "line 1 must");
  expect_error("a.jpg,\n", "line 1 must");
  expect_error("a.jpg,A\nb.jpg,\"B\n\n", "line 2: a quote is never closed");
  expect_error("a.jpg,\"A\"B\n", "line 1: text after a closing quote");
  expect_error("path,identity\n", "no rows");
  EXPECT_THAT([&] { read_image_list(folder.path("none.csv")); },
              ThrowsMessage<Error>(HasSubstr("cannot open")));
}

TEST(DataSetsOf, NumbersWhatStandsBeforeTheName) {
  EXPECT_THAT(data_sets_of(std::vector<std::string>{"lfw/a", "pins/a", "lfw/b", "c", "x/y/z"}),
              ElementsAre(0, 1, 0, 2, 3));
}

/// 1,000 people; person p has p % 4 images.
struct UnevenFaces {
  std::vector<std::int32_t> identity;
  std::vector<std::string> names;

  explicit UnevenFaces(const std::string& prefix = "person ") {
    for (int person = 0; person < 1000; ++person) {
      names.push_back(prefix + std::to_string(person));
      identity.insert(identity.end(), static_cast<std::size_t>(person % 4), person);
    }
  }
};

TEST(SplitDataset, PartsPeopleNotImages) {
  const UnevenFaces faces;
  const DatasetSplit split =
      split_dataset(faces.identity, faces.names, {.min_images = 2, .validation = 0.1});
  EXPECT_TRUE(std::ranges::is_sorted(split.training));
  std::vector<int> side(faces.names.size());  // 1: training, 2: validation
  std::size_t validation_people = 0;
  for (const std::size_t i : split.training) side[static_cast<std::size_t>(faces.identity[i])] |= 1;
  for (const std::size_t i : split.validation) {
    side[static_cast<std::size_t>(faces.identity[i])] |= 2;
  }
  for (std::size_t person = 0; person < side.size(); ++person) {
    if (person % 4 < 2) {
      EXPECT_EQ(side[person], 0) << person;
    } else {
      EXPECT_TRUE(side[person] == 1 || side[person] == 2) << person;
    }
    validation_people += side[person] == 2;
  }
  EXPECT_NEAR(static_cast<double>(validation_people), 50, 20);
  EXPECT_EQ(split.training.size() + split.validation.size(), 250U * (2 + 3));
}

TEST(SplitDataset, DependsOnTheNameAlone) {
  const UnevenFaces faces;
  const DatasetSplit all = split_dataset(faces.identity, faces.names, {});
  // The first 500 people alone: the same side.
  const auto half = static_cast<std::size_t>(std::ranges::lower_bound(faces.identity, 500) -
                                             faces.identity.begin());
  const DatasetSplit some = split_dataset(std::span(faces.identity).first(half), faces.names, {});
  std::vector<std::size_t> expected = all.validation;
  std::erase_if(expected, [&](std::size_t i) { return i >= half; });
  EXPECT_EQ(some.validation, expected);
  EXPECT_FALSE(expected.empty());
}

TEST(SplitDataset, MayKeepEverybodyForTraining) {
  const UnevenFaces faces;
  const DatasetSplit split =
      split_dataset(faces.identity, faces.names, {.min_images = 1, .validation = 0});
  EXPECT_THAT(split.validation, IsEmpty());
  EXPECT_EQ(split.training.size(), faces.identity.size());
}

TEST(SplitDataset, RefusesWhatLeavesNothing) {
  const UnevenFaces faces;
  EXPECT_THAT([&] { split_dataset(faces.identity, faces.names, {.min_images = 4}); },
              ThrowsMessage<Error>(HasSubstr("--min-images")));
  EXPECT_THROW(DatasetOptions{.validation = 1}.validate(), UsageError);
  EXPECT_THROW(DatasetOptions{.validation = -0.1}.validate(), UsageError);
  EXPECT_THROW(DatasetOptions{.min_images = 0}.validate(), UsageError);
}

}  // namespace
}  // namespace facenet
