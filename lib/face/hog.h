#pragma once

#include <memory>

#include "face/detector.h"

namespace facenet {

/// dlib's frontal face detector: histograms of oriented gradients under a linear classifier. Needs
/// no weights file; finds faces that look at the camera and have at least 80 pixels in the image.
///
/// A detection of dlib's confidence c has the score 1 / (1 + exp(-2c) / 9): dlib's own threshold
/// c = 0 gets 0.9, the default of DetectorOptions. Confidences below -1 are never looked at.
///
/// Landmarks come from dlib's shape_predictor_5_face_landmarks.dat or
/// shape_predictor_68_face_landmarks.dat where one lies in model_folders() or /usr/share/dlib
/// (landmarker.h). Without a predictor they are where the mean face has them in a box, which is
/// good enough to look at and too coarse to recognise people by.
///
/// Throws Error naming the predictor's file when it is damaged.
std::unique_ptr<Detector> make_hog_detector(const DetectorOptions& options);

}  // namespace facenet
