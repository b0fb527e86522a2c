#include <chrono>
#include <csignal>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/format.h"
#include "catalog/catalog.h"
#include "test/catalog/fixture.h"

namespace facenet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

using TransactionTest = CatalogTest;

TEST_F(TransactionTest, ATransactionWithoutCommitIsUndone) {
  Catalog catalog = create();
  {
    Catalog::Transaction transaction(catalog);
    catalog.set_property("a", "1");
    catalog.add_photo(make_photo(1), std::vector{make_face(1, 1)});
    EXPECT_EQ(catalog.property("a"), "1");
  }
  EXPECT_EQ(catalog.property("a"), std::nullopt);
  EXPECT_EQ(catalog.counts().faces, 0);
  {
    Catalog::Transaction transaction(catalog);
    catalog.set_property("a", "2");
    transaction.commit();
  }
  EXPECT_EQ(create().property("a"), "2");
}

TEST_F(TransactionTest, AnInnerTransactionIsUndoneAlone) {
  Catalog catalog = create();
  {
    Catalog::Transaction outer(catalog);
    catalog.set_property("outer", "1");
    {
      Catalog::Transaction undone(catalog);
      catalog.set_property("undone", "1");
    }
    {
      Catalog::Transaction inner(catalog);
      catalog.set_property("inner", "1");
      inner.commit();
    }
    EXPECT_EQ(Catalog(file(), Catalog::Mode::kRead).property("inner"), std::nullopt);
    outer.commit();
  }
  EXPECT_THAT(create().properties(), ElementsAre(Pair("inner", "1"), Pair("outer", "1")));
}

TEST_F(TransactionTest, AnInnerCommitDoesNotOutliveItsOuter) {
  Catalog catalog = create();
  {
    Catalog::Transaction outer(catalog);
    Catalog::Transaction inner(catalog);
    catalog.set_property("inner", "1");
    inner.commit();
  }
  EXPECT_THAT(catalog.properties(), IsEmpty());
}

TEST_F(TransactionTest, APhotoIsAddedWithAllItsFacesOrNotAtAll) {
  Catalog catalog = create();
  RawDatabase(file()).execute("CREATE UNIQUE INDEX one ON face (x)");
  const std::vector faces{make_face(1, 1), make_face(2, 1), make_face(2, 1)};
  EXPECT_THROW(catalog.add_photo(make_photo(1), faces), std::logic_error);
  EXPECT_EQ(catalog.counts().photos, 0);
  EXPECT_EQ(catalog.counts().faces, 0);
}

TEST_F(TransactionTest, ASnapshotIsOneState) {
  Catalog writer = create();
  writer.set_property("a", "1");
  const Catalog reader(file(), Catalog::Mode::kRead);
  {
    const Catalog::Snapshot snapshot(reader);
    EXPECT_EQ(reader.property("a"), "1");
    writer.set_property("a", "2");
    EXPECT_EQ(reader.property("a"), "1");
  }
  EXPECT_EQ(reader.property("a"), "2");
}

TEST_F(TransactionTest, AKilledProcessLeavesTheLastCommit) {
  in_child([&] {
    const pid_t victim = ::fork();
    if (victim == 0) {
      Catalog catalog = create();
      Catalog::Transaction(catalog).commit();
      catalog.set_property("committed", "1");
      Catalog::Transaction transaction(catalog);
      catalog.set_property("committed", "2");
      for (int i = 0; i < 5000; ++i) catalog.put_path({.path = fmt::format("/{}", i)});
      ::raise(SIGKILL);
    }
    ::waitpid(victim, nullptr, 0);
    return std::string();
  });
  const Catalog catalog(file(), Catalog::Mode::kRead);
  EXPECT_EQ(catalog.property("committed"), "1");
  EXPECT_EQ(catalog.counts().paths, 0);
  EXPECT_THAT(catalog.check(), IsEmpty());
}

/// Writes transactions of `kPaths` paths until it is killed, and tells of each that is done.
constexpr int kPaths = 50;
[[noreturn]] void write_until_killed(const std::string& file, int done) {
  Catalog catalog(file, Catalog::Mode::kCreate);
  for (int round = static_cast<int>(catalog.counts().paths) / kPaths;; ++round) {
    Catalog::Transaction transaction(catalog);
    for (int i = 0; i < kPaths; ++i) catalog.put_path({.path = fmt::format("/{}/{}", round, i)});
    transaction.commit();
    if (::write(done, &round, sizeof round) != sizeof round) _exit(1);
  }
}

TEST_F(TransactionTest, WhatWasReportedDoneSurvivesAKillAtAnyTime) {
  create();
  for (int trial = 0; trial < 10; ++trial) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) write_until_killed(file(), ends[1]);
    ::close(ends[1]);
    int last = -1;
    ASSERT_EQ(::read(ends[0], &last, sizeof last), static_cast<ssize_t>(sizeof last));
    std::this_thread::sleep_for(std::chrono::milliseconds(3 * trial));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    while (::read(ends[0], &last, sizeof last) > 0) {
    }
    ::close(ends[0]);

    const Catalog catalog(file(), Catalog::Mode::kRead);
    EXPECT_GE(catalog.counts().paths, (last + 1) * kPaths);
    EXPECT_EQ(catalog.counts().paths % kPaths, 0);
    EXPECT_THAT(catalog.check(), IsEmpty());
  }
}

}  // namespace
}  // namespace facenet
