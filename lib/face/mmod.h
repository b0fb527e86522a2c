#pragma once

#include <memory>

#include "face/detector.h"

namespace facenet {

/// dlib's max-margin detector (King 2015, "Max-Margin Object Detection"): a convolutional network
/// over a pyramid of the image, which finds faces that are turned or half hidden, too. Its boxes
/// are those of dlib's own loss_mmod network. A face must have 80 pixels: where the smallest one
/// asked for has fewer, the image is enlarged, at most twice and to 1600 pixels.
///
/// Needs the weights "mmod" and one of dlib's landmark predictors: scripts/models dlib gets both.
/// Scores are those of face/confidence.h, of dlib's confidence. Throws Error when a file is missing
/// or damaged.
std::unique_ptr<Detector> make_mmod_detector(const DetectorOptions& options);

}  // namespace facenet
