#pragma once

#include <string>
#include <vector>

namespace facenet {

/// Reads .onnx, .tflite or dlib's .dat files and writes one safetensors file. `name` picks the entry of
/// known_models() whose hashes the files must have; when empty, the entry is found by the files'
/// hashes. Throws Error: unknown file, wrong hash, an operator that has no translation (named).
/// Returns the path written: `output`, or NAME.safetensors in the user's model folder when empty.
std::string import_model(const std::vector<std::string>& files, const std::string& name,
                         const std::string& output, bool overwrite);

}  // namespace facenet
