#include "train/checkpoint.h"

#include <charconv>

#include <ATen/ATen.h>

#include "base/error.h"
#include "nn/runtime/tensor_view.h"
#include "weights/safetensors.h"

namespace facenet {

void write_checkpoint(const std::string& path, const Checkpoint& checkpoint) {
  std::map<std::string, at::Tensor> owners;
  std::map<std::string, TensorView> views;
  for (const auto& [name, tensor] : checkpoint.tensors) {
    owners[name] = tensor.detach().to(at::kCPU).contiguous();
    views[name] = view_of(owners[name]);
  }
  write_safetensors(path, views,
                    {{"facenet checkpoint", std::to_string(checkpoint.step)},
                     {"images", std::to_string(checkpoint.images)},
                     {"settings", checkpoint.settings}},
                    /*overwrite=*/true);
}

Checkpoint read_checkpoint(const std::string& path) {
  const SafetensorsFile file(path);
  const auto number = [&](const char* key) -> std::int64_t {
    const auto found = file.metadata().find(key);
    if (found == file.metadata().end()) return -1;
    std::int64_t value = -1;
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), value);
    return value;
  };
  const auto settings = file.metadata().find("settings");
  Checkpoint checkpoint{.step = number("facenet checkpoint"),
                        .images = number("images"),
                        .settings = {},
                        .tensors = {}};
  if (checkpoint.step < 0 || checkpoint.images < 0 || settings == file.metadata().end()) {
    fail("{}: not a checkpoint of a training; give another folder, or start anew with --force",
         path);
  }
  checkpoint.settings = settings->second;
  for (const auto& [name, view] : file.tensors()) checkpoint.tensors[name] = own_copy(view);
  return checkpoint;
}

std::map<std::string, at::Tensor> part_of(const Checkpoint& checkpoint, const std::string& prefix) {
  std::map<std::string, at::Tensor> part;
  for (auto it = checkpoint.tensors.lower_bound(prefix);
       it != checkpoint.tensors.end() && it->first.starts_with(prefix); ++it) {
    part[it->first.substr(prefix.size())] = it->second;
  }
  return part;
}

void add_part(Checkpoint& checkpoint, const std::string& prefix,
              const std::map<std::string, at::Tensor>& tensors) {
  for (const auto& [name, tensor] : tensors) checkpoint.tensors[prefix + name] = tensor;
}

}  // namespace facenet
