// Weights files of facenet's own: safetensors, what it says of itself, its network.
#include <sstream>

#include "base/error.h"
#include "nn/runtime/graph_file.h"
#include "test/fuzz/fuzz.h"
#include "weights/model_info.h"
#include "weights/safetensors.h"

using namespace facenet;

namespace {

/// What was taken can be written, and is then taken again.
void expect_round_trip(const SafetensorsFile& file) {
  std::ostringstream out;
  write_safetensors(out, "file", file.tensors(), file.metadata());
  const std::string bytes = out.str();
  const fuzz::MemoryFile copy({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  const SafetensorsFile again(copy.map());
  FUZZ_EXPECT(again.tensors().size() == file.tensors().size());
  for (const auto& [name, view] : file.tensors()) {
    FUZZ_EXPECT(again.tensor(name).shape == view.shape);
    FUZZ_EXPECT(std::ranges::equal(again.tensor(name).data, view.data));
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryFile bytes({data, size});
  try {
    const SafetensorsFile file(bytes.map());
    expect_round_trip(file);
    const ImportedGraph network = read_graph_file(file);
    FUZZ_EXPECT(network.tensors.size() == file.tensors().size());
    const ModelInfo info = read_model_info(file);
    FUZZ_EXPECT(to_json(model_info_from_json(to_json(info))) == to_json(info));
  } catch (const Error& error) {
    fuzz::expect_message(error);
  }
  return 0;
}
