#include "weights/known_designs.h"

namespace facenet {
namespace {

/// The paper's only threshold (section 5.6, NN1 on LFW); with the steepness that other networks
/// have, until a network is trained and measured.
constexpr OperatingPoint kPaper{
    .verification = 1.242, .clustering = 1.242, .midpoint = 1.242, .steepness = 8};

struct DesignRow {
  const char* name;
  const char* network;  ///< builder
  int height, width;
  int embedding;
  const char* source;
};

// Inputs are scaled as MobileFaceNet's and facenet-pytorch's are; the paper does not say how. It
// also takes tight crops without alignment, and says that alignment helps (section 6).
constexpr DesignRow kDesigns[] = {
    {"nn1", "nn1", 220, 220, 128, "FaceNet (arXiv 1503.03832), table 1"},
    {"nn2", "nn2", 224, 224, 128, "FaceNet (arXiv 1503.03832), table 2"},
    {"nn3", "nn2", 160, 160, 128, "FaceNet (arXiv 1503.03832), table 2 for smaller images"},
    {"nn4", "nn4", 96, 96, 128,
     "FaceNet (arXiv 1503.03832), section 4; table 2 without 5x5 in 5a and 5b"},
    {"nns1", "nns1", 165, 165, 128,
     "FaceNet (arXiv 1503.03832), table 3: its size and cost; layers are facenet's"},
    {"nns2", "nns2", 140, 116, 128,
     "FaceNet (arXiv 1503.03832), table 3: its size and cost; layers are facenet's"},
    {"inception-resnet-v1", "inception-resnet-v1", 160, 160, 512,
     "Szegedy et al. 2016; facenet-pytorch"},
};

KnownModel known_model(const DesignRow& row) {
  KnownModel model;
  model.info = {
      .name = row.name,
      .kind = "embedder",
      .network = row.network,
      .channels = 3,
      .height = row.height,
      .width = row.width,
      .embedding = row.embedding,
      .normalisation = {.bgr = false, .mean = {127.5F, 127.5F, 127.5F}, .divisor = {128, 128, 128}},
      .alignment = "arcface-112",
      .plain = kPaper,
      .mirrored = kPaper,
      .provenance = {
          {"architecture", row.source},
          {"thresholds", "not measured: the paper's 1.242 (section 5.6) for every purpose"}}};
  return model;
}

}  // namespace

std::vector<KnownModel> known_designs() {
  std::vector<KnownModel> models;
  for (const DesignRow& row : kDesigns) models.push_back(known_model(row));
  return models;
}

}  // namespace facenet
