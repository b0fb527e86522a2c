#include <sstream>

#include <gmock/gmock.h>

#include "test/cli/program.h"

namespace facenet::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

/// What the shells themselves make of our scripts.
class CompletionTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    write("photo.jpg", "");
    write("weights.safetensors", "");
    write("folder/photo.jpg", "");
    for (const char* shell : {"bash", "zsh", "fish"}) {
      const ProgramRun run = facenet({"completion", shell});
      ASSERT_EQ(run.status, 0);
      write(std::string("facenet.") + shell, run.out);
    }
  }

  std::vector<std::string> output_of(const std::string& script) const {
    const ProgramRun run = bash(script);
    EXPECT_EQ(run.status, 0) << script;
    EXPECT_THAT(run.err, IsEmpty()) << script;
    return words_of(run.out);
  }

  /// What bash offers for the last word of a line; "default" and "dirnames" are files and folders.
  std::vector<std::string> by_bash(const std::string& line) const {
    // As bash does it: words are broken at "=", the cursor stands at the end of the last.
    std::string words;
    for (const char c : line) words += c == '=' ? " = " : std::string(1, c);
    if (line.ends_with(' ')) words += "''";
    return output_of(
        "source facenet.bash; compopt() { echo \"$2\"; }; COMP_WORDS=(" + words +
        "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _facenet facenet \"${COMP_WORDS[COMP_CWORD]}\" "
        "&& printf '%s\\n' \"${COMPREPLY[@]}\"");
  }

  std::vector<std::string> by_fish(const std::string& line) const {
    return output_of("fish --no-config -c 'source facenet.fish; complete -C \"" + line +
                     "\"' | cut -f1");
  }

  /// What zsh offers: its completion works in a terminal alone. A terminal shows what is typed, too,
  /// sometimes late, so marks of the output are typed in two parts.
  std::vector<std::string> by_zsh(const std::string& line) const {
    write("complete.zsh", R"(
zmodload zsh/zpty
zpty shell "zsh -f -i"
say() { zpty -w shell $1 }
say 'PS1=; autoload -Uz compinit; compinit -u -d ./dump; source ./facenet.zsh'
say 'offers() {
  compadd() {
    local -a found
    builtin compadd -A found "$@"
    print -rl -- "off""er:"${^found}
    builtin compadd "$@"
  }
  _main_complete
  print -r -- "END-OF""-OFFERS"
  compstate[insert]=
  compstate[list]=
}'
say 'zle -C offers list-choices offers; bindkey "^T" offers'
say 'print READY''-NOW'
while zpty -r shell row '*READY-NOW*'; do break; done
zpty -w -n shell "$1"$'\C-t'
while zpty -r shell row; do
  print -r -- $row
  [[ $row == *END-OF-OFFERS* ]] && break
done
zpty -d shell
)");
    return output_of("timeout 60 zsh -f complete.zsh '" + line +
                     "' | tr -d '\\r' | sed -n 's/.*offer://p' | sort -u");
  }
};

TEST_F(CompletionTest, BashKnowsTheCommand) {
  EXPECT_THAT(output_of("source facenet.bash; complete -p facenet"),
              ElementsAre("complete", "-F", "_facenet", "facenet"));
}

TEST_F(CompletionTest, Bash) {
  EXPECT_THAT(by_bash("facenet clu"), ElementsAre("cluster"));
  EXPECT_THAT(by_bash("facenet "),
              IsSupersetOf({"cluster", "people", "eval", "help", "--version"}));
  EXPECT_THAT(by_bash("facenet eval "), ElementsAre("lfw", "ytf", "identities", "sensitivity"));
  EXPECT_THAT(by_bash("facenet people m"), ElementsAre("merge", "move"));
  EXPECT_THAT(by_bash("facenet people merge --k"), ElementsAre("--keep"));
  EXPECT_THAT(by_bash("facenet people --min"), ElementsAre("--min-faces"));
  EXPECT_THAT(by_bash("facenet cluster --detector "), ElementsAre("yunet", "mtcnn", "mmod", "hog"));
  EXPECT_THAT(by_bash("facenet cluster --detector=m"), ElementsAre("mtcnn", "mmod"));
  EXPECT_THAT(by_bash("facenet cluster --detector="), ElementsAre("yunet", "mtcnn", "mmod", "hog"));
  EXPECT_THAT(by_bash("facenet cluster --json p"), ElementsAre("default"))
      << "a switch, then files";
  EXPECT_THAT(by_bash("facenet cluster --catalog "), ElementsAre("default"));
  EXPECT_THAT(by_bash("facenet cluster --threads "), IsEmpty());
  EXPECT_THAT(by_bash("facenet align -o "), ElementsAre("dirnames"));
  EXPECT_THAT(by_bash("facenet embed -o "), ElementsAre("default"));
  EXPECT_THAT(by_bash("facenet cluster --model mobilefacenet-5"),
              ElementsAre("default", "mobilefacenet-512"));
  EXPECT_THAT(by_bash("facenet help det"), ElementsAre("detect"));
  EXPECT_THAT(by_bash("facenet completion "), ElementsAre("bash", "zsh", "fish"));
}

TEST_F(CompletionTest, Fish) {
  EXPECT_THAT(by_fish("facenet clu"), ElementsAre("cluster"));
  EXPECT_THAT(by_fish("facenet eval "), IsSupersetOf({"lfw", "ytf", "identities", "sensitivity"}));
  EXPECT_THAT(by_fish("facenet people m"), ElementsAre("merge", "move"));
  EXPECT_THAT(by_fish("facenet people merge --k"), ElementsAre("--keep"));
  EXPECT_THAT(by_fish("facenet people --min"), ElementsAre("--min-faces"));
  EXPECT_THAT(by_fish("facenet cluster --detector m"), ElementsAre("mmod", "mtcnn"));
  EXPECT_THAT(by_fish("facenet cluster --trust p"), Contains("photo.jpg"));
  EXPECT_THAT(by_fish("facenet cluster --model "),
              IsSupersetOf({"mobilefacenet-512", "weights.safetensors"}));
  EXPECT_THAT(by_fish("facenet align -o "), Not(Contains("photo.jpg")));
}

TEST_F(CompletionTest, Zsh) {
  EXPECT_THAT(by_zsh("facenet clu"), ElementsAre("cluster"));
  EXPECT_THAT(by_zsh("facenet eval "), ElementsAre("identities", "lfw", "sensitivity", "ytf"));
  EXPECT_THAT(by_zsh("facenet people --min"), ElementsAre("--min-faces"));
  EXPECT_THAT(by_zsh("facenet people merge --k"), ElementsAre("--keep"));
  EXPECT_THAT(by_zsh("facenet cluster --detector=m"), ElementsAre("mmod", "mtcnn"));
  EXPECT_THAT(by_zsh("facenet cluster --json p"), ElementsAre("photo.jpg"));
  EXPECT_THAT(by_zsh("facenet cluster --model "),
              IsSupersetOf({"mobilefacenet-512", "weights.safetensors"}));
  EXPECT_THAT(by_zsh("facenet align -o "), ElementsAre("folder"));
}

}  // namespace
}  // namespace facenet::test
