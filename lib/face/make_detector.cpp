#include "face/detector.h"
#include "face/hog.h"
#include "face/mmod.h"
#include "face/mtcnn.h"
#include "face/yunet.h"

namespace facenet {

std::unique_ptr<Detector> make_detector(const DetectorOptions& options) {
  options.validate();
  if (options.detector == "hog") return make_hog_detector(options);
  if (options.detector == "mmod") return make_mmod_detector(options);
  if (options.detector == "mtcnn") return make_mtcnn_detector(options);
  return make_yunet_detector(options);
}

}  // namespace facenet
