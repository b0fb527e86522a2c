#pragma once

// Weights of other programs: whatever a reader takes must pass the check of the process that it
// gives its result to.

#include <new>
#include <sstream>

#include "base/error.h"
#include "nn/runtime/graph_file.h"
#include "test/fuzz/fuzz.h"
#include "weights/safetensors.h"

namespace facenet::fuzz {

inline void try_reader(std::span<const std::uint8_t> data,
                       ImportedGraph (*read)(const MappedFile&)) {
  const MemoryFile bytes(data);
  ImportedGraph imported;
  try {
    imported = read(bytes.map());
  } catch (const Error& error) {
    return expect_message(error);
  }
  std::ostringstream out;
  imported.metadata["graph"] = to_json(imported.graph).dump();
  write_safetensors(out, "file", imported.tensors, imported.metadata);
  const std::string written = out.str();
  const MemoryFile copy({reinterpret_cast<const std::uint8_t*>(written.data()), written.size()});
  const SafetensorsFile file(copy.map());
  FUZZ_EXPECT(to_json(read_graph_file(file).graph) == to_json(imported.graph));
}

}  // namespace facenet::fuzz
