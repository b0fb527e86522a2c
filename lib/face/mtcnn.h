#pragma once

#include <memory>

#include "face/detector.h"

namespace facenet {

/// Joint face detection and alignment by three cascaded networks (Zhang, Zhang, Li and Qiao, IEEE
/// Signal Processing Letters 23(10), 2016): finds boxes and five landmarks. `options.score` is the
/// last network's threshold (0.7 in the paper).
std::unique_ptr<Detector> make_mtcnn_detector(const DetectorOptions& options);

}  // namespace facenet
