#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/operating_point.h"

namespace facenet {

class SafetensorsFile;

/// How a network wants its pixels: (value - mean) / divisor per channel, in this channel order.
struct Normalisation {
  bool bgr = false;
  std::array<float, 3> mean{0, 0, 0};
  std::array<float, 3> divisor{1, 1, 1};
};

/// That a model was trained to be compared with an older one: the vectors of both are points of one
/// space (the paper's harmonic embeddings, section 7).
struct Compatibility {
  std::string model;           ///< name of the older one
  std::string weights_sha256;  ///< of its tensors, as SafetensorsFile::payload_sha256() gives it
  OperatingPoint plain;        ///< of distances between a vector of this model and one of the older
  OperatingPoint mirrored;     ///< the same, both with the mirror image

  const OperatingPoint& operating_point(bool flip) const { return flip ? mirrored : plain; }
};

/// All that facenet knows of a model besides its tensors; stored as JSON in the weights file's
/// metadata under "facenet".
struct ModelInfo {
  std::string name;     ///< "mobilefacenet-512"
  std::string kind;     ///< "embedder" or "detector"
  std::string network;  ///< builder: "nn2"; "graph" for imported graphs, "mtcnn" for its three
  int channels = 3, height = 0, width = 0;  ///< input; 0 x 0 means any size
  int embedding = 0;                        ///< dimension; 0 for a detector
  Normalisation normalisation;
  std::string alignment;    ///< name of a template in face/align.h
  OperatingPoint plain;     ///< for the vector of the image alone
  OperatingPoint mirrored;  ///< for image plus mirror image
  std::map<std::string, std::string>
      provenance;  ///< source, file hashes, licence, how thresholds were obtained
  std::optional<Compatibility> compatible_with = {};

  /// Of vectors made with (`flip`) or without the mirror image.
  const OperatingPoint& operating_point(bool flip) const { return flip ? mirrored : plain; }
};

nlohmann::json to_json(const ModelInfo& info);
/// Throws Error that says which key is missing or wrong.
ModelInfo model_info_from_json(const nlohmann::json& json);

/// The description that a weights file carries. Throws Error that names the file when it has none.
ModelInfo read_model_info(const SafetensorsFile& file);

/// One layer of a network, computed from its graph.
struct LayerInfo {
  std::string name;
  std::string kind;
  std::int64_t parameters = 0;
  std::int64_t multiply_adds = 0;
  std::vector<std::int64_t> output;  ///< shape for batch 1; empty where the input has no fixed size
};

/// A network without weights.
struct ModelDescription {
  ModelInfo info;
  std::vector<LayerInfo> layers;
};

}  // namespace facenet
