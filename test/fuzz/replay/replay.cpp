// Runs a fuzz target once over each file of a folder: what libFuzzer found once is a test for ever.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "test/fuzz/fuzz.h"

namespace {

void replay(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
  std::printf("%s\n", path.c_str());
  std::fflush(stdout);  // a crash leaves the name
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  int replayed = 0;
  for (const char* const folder : std::span(argv, static_cast<std::size_t>(argc)).subspan(1))
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
      if (entry.is_regular_file()) {
        replay(entry.path());
        ++replayed;
      }
  if (replayed == 0) std::fprintf(stderr, "no files to replay\n");
  return replayed > 0 ? 0 : 1;
}
