#include "nn/embedder_options.h"

#include "base/error.h"
#include "nn/model_store.h"
#include "nn/safetensors.h"

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

}  // namespace

void EmbedderOptions::validate() const {
  constexpr int kLargestBatch = 1024;
  if (model.empty()) fail<UsageError>("the name of the model is empty");
  if (batch < 1 || batch > kLargestBatch) {
    fail<UsageError>("a batch of {} faces is not between 1 and {}", batch, kLargestBatch);
  }
  if (precision != "fp32" && precision != "bf16" && precision != "auto") {
    fail<UsageError>("--precision {} is none of fp32, bf16 and auto", precision);
  }
}

EmbedderFile describe_embedder(const std::string& name_or_path) {
  const SafetensorsFile file(find_model(name_or_path));
  EmbedderFile described{file.path(), read_model_info(file), file.payload_sha256()};
  check_embedder(file.path(), described.info);
  return described;
}

}  // namespace facenet
