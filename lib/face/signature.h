#pragma once

#include <string>

#include "face/detector.h"

namespace facenet {

/// What a catalog's faces were found by, as a line of text that it keeps: the network, the revision
/// of our code, the options. Other than detector_fingerprint(), this names the network and not the
/// file: the weights that come with facenet and those that are downloaded differ by their rounding
/// to 16 bits, and are one detector. Throws as make_detector() does.
std::string detector_signature(const DetectorOptions& options);

/// True when the two, of this or an earlier version, are of one detector.
bool is_same_detector(const std::string& a, const std::string& b);

}  // namespace facenet
