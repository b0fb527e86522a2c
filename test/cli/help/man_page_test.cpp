#include <filesystem>

#include <gmock/gmock.h>

#include "test/cli/program.h"

namespace facenet::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class ManPageTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    ASSERT_EQ(facenet({"help", "--share", "share"}).status, 0);
  }

  /// The page as a reader sees it, in one line.
  std::string shown(const std::string& page) const {
    const ProgramRun run = bash("mandoc -T utf8 -O width=200 share/man/man1/" + page +
                                ".1 | sed 's/.\x08//g' | tr -s ' \\n' ' '");
    EXPECT_EQ(run.status, 0) << run.err;
    return run.out;
  }
};

TEST_F(ManPageTest, EveryCommandHasAPageWithoutFault) {
  std::size_t pages = 0;
  for (const auto& page : std::filesystem::directory_iterator(path("share/man/man1"))) {
    ++pages;
    // A page that another one names is found only where all are installed.
    const ProgramRun lint = bash("mandoc -T lint -W style " + page.path().string() +
                                 " | grep -v 'referenced manual not found' || true");
    EXPECT_THAT(lint.out, IsEmpty());
    EXPECT_THAT(lint.err, IsEmpty());
    const ProgramRun man =
        bash("man --warnings -E UTF-8 -l -Tutf8 -Z " + page.path().string() + " 2>&1 >/dev/null");
    EXPECT_EQ(man.status, 0);
    EXPECT_THAT(man.out, IsEmpty()) << "groff sees what mandoc does not";
  }
  EXPECT_GE(pages, 12U);
}

TEST_F(ManPageTest, SaysWhatTheHelpSays) {
  const std::string program = shown("facenet");
  for (const char* part : {"facenet – find the people in a photo library", "facenet-cluster(1)",
                           "FACENET_CATALOG", "130, 143", "facenet completion", "catalog.db"})
    EXPECT_THAT(program, HasSubstr(part));
  const std::string cluster = shown("facenet-cluster");
  for (const char* part : {"facenet cluster [OPTIONS] [PATH ...]", "-q, --quiet",
                           "--min-faces N print only people with at least N faces", "--trust"})
    EXPECT_THAT(cluster, HasSubstr(part));
  // A command's own commands stand in its page, what they share once.
  const std::string people = shown("facenet-people");
  EXPECT_THAT(people, HasSubstr("facenet people merge [OPTIONS] PERSON PERSON"));
  EXPECT_THAT(people, HasSubstr("--keep PERSON"));
  EXPECT_EQ(people.find("--catalog FILE"), people.rfind("--catalog FILE"));
}

TEST_F(ManPageTest, CompletionStandsBesideThePages) {
  EXPECT_EQ(read("share/bash-completion/completions/facenet"), facenet({"completion", "bash"}).out);
  EXPECT_EQ(read("share/zsh/_facenet"), facenet({"completion", "zsh"}).out);
  EXPECT_EQ(read("share/fish/vendor_completions.d/facenet.fish"),
            facenet({"completion", "fish"}).out);
}

TEST_F(ManPageTest, IsPrintedToo) {
  EXPECT_EQ(facenet({"help", "--man"}).out, read("share/man/man1/facenet.1"));
  EXPECT_EQ(facenet({"help", "--man", "eval"}).out, read("share/man/man1/facenet-eval.1"));
  EXPECT_THAT(facenet({"help", "--man", "nosuch"}).err, StartsWith("facenet: there is no command"));
}

}  // namespace
}  // namespace facenet::test
