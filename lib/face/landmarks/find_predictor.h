#pragma once

#include <string>

namespace facenet {

/// The first of dlib's landmark predictors on this machine, shape_predictor_5_face_landmarks.dat or
/// shape_predictor_68_face_landmarks.dat in model_folders() or /usr/share/dlib (Debian's
/// libdlib-data); empty when there is none.
std::string find_landmark_predictor();

/// The same. Throws Error that says how to get one when there is none.
std::string need_landmark_predictor();

}  // namespace facenet
