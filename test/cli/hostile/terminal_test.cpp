#include <filesystem>

#include <gmock/gmock.h>

#include "test/cli/program.h"
#include "weights/safetensors.h"

namespace facenet::test {
namespace {

using testing::HasSubstr;
using testing::Not;

/// What strangers named, shown on a terminal and given to other programs.
class TerminalTest : public ProgramTest {
 protected:
  /// What a terminal would be sent, of a command as bash reads it.
  std::string on_terminal(const std::string& command) const {
    write("command", "\"$FACENET\" " + command + " 2>&1");
    return bash("script -qec 'bash command' /dev/null </dev/null").out;
  }
};

TEST_F(TerminalTest, NamesOfFilesAreEscapedThereAndFaithfulElsewhere) {
  // A title for the window, one of the other kind, and an override of the direction of writing.
  const std::string name = "photos/\x1b]0;x\x07\u009b31m\u202egpj.jpg";
  copy_photo(johns()[0], name);
  for (const std::string form : {"--csv", "--jsonl", "-0", ""}) {
    SCOPED_TRACE(form);
    const std::string shown =
        on_terminal("cluster photos --no-progress --catalog catalog.db " + form);
    EXPECT_THAT(shown, HasSubstr("gpj.jpg"));
    for (const char* const raw : {"\x1b", "\x07", "\u009b", "\u202e"})
      EXPECT_THAT(shown, Not(HasSubstr(raw)));
  }
  const ProgramRun csv = facenet({"cluster", "photos", "--csv", "--catalog", catalog()});
  EXPECT_THAT(csv.out, HasSubstr(path(name)));
  const ProgramRun nul = facenet({"cluster", "photos", "-0", "--catalog", catalog()});
  EXPECT_EQ(nul.out, path(name) + std::string(1, '\0'));
}

TEST_F(TerminalTest, AModelsOwnWordsAreEscaped) {
  const SafetensorsFile whole(test_models() + "/mobilefacenet-512.safetensors");
  auto metadata = whole.metadata();
  auto graph = nlohmann::json::parse(metadata["graph"]);
  std::string text = graph.dump();
  const std::string node = graph["nodes"][0]["name"];
  for (std::size_t at = text.find(node); at != std::string::npos; at = text.find(node, at + 20))
    text.replace(at, node.size(), "\\u001b]0;owned\\u0007");
  metadata["graph"] = text;
  write_safetensors(path("x.safetensors"), whole.tensors(), metadata, true);
  const ProgramRun run = facenet({"model", "info", "./x.safetensors"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("\\x1b]0;owned\\x07"));
  EXPECT_THAT(run.out, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace facenet::test
