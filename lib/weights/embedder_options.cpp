#include "weights/embedder_options.h"

#include <span>
#include <stdexcept>

#include "base/error.h"
#include "base/hash.h"
#include "weights/model_store.h"
#include "weights/safetensors.h"

namespace facenet {
namespace {

void check_embedder(const std::string& path, const ModelInfo& info) {
  if (info.kind != "embedder") {
    fail("{}: is a {}, not an embedder; give another --model", path, info.kind);
  }
  if (info.height < 1 || info.width < 1) {
    fail("{}: does not say how large its faces are; make it again with \"facenet model import\"",
         path);
  }
}

/// The weights are the file and all that decides what its module is shown.
EmbedderFile describe_script(const EmbedderOptions& options) {
  check_trust(options.model, options.script);
  const std::string path = find_model(options.model);
  const ScriptOptions& script = options.script;
  if (script.dimension < 1) throw std::logic_error("a TorchScript file that was not probed");
  const std::string settings = fmt::format("{} {} {} {}", sha256_of_file(path).hex(),
                                           script.input_size, script.pixels, script.alignment);
  Sha256Hasher hasher;
  hasher.update(std::as_bytes(std::span(settings)));
  return {path, script_info(path, script), hasher.finish().hex()};
}

}  // namespace

void EmbedderOptions::validate() const {
  constexpr int kLargestBatch = 1024;
  if (model.empty()) fail<UsageError>("the name of the model is empty");
  script.validate();
  if (batch < 1 || batch > kLargestBatch) {
    fail<UsageError>("a batch of {} faces is not between 1 and {}", batch, kLargestBatch);
  }
  if (precision != "fp32" && precision != "bf16" && precision != "auto") {
    fail<UsageError>("--precision must be fp32, bf16 or auto, not {}", precision);
  }
}

EmbedderFile describe_embedder(const EmbedderOptions& options) {
  if (is_script(options.model)) return describe_script(options);
  const SafetensorsFile file(find_model(options.model));
  EmbedderFile described{file.path(), read_model_info(file), file.payload_sha256()};
  check_embedder(file.path(), described.info);
  return described;
}

}  // namespace facenet
