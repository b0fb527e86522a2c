#pragma once

#include <string>

namespace facenet {

/// True when a TIFF file holds what a camera's sensor saw and not a picture: it says that it is a
/// DNG, or one of its directories describes a colour filter array or linear raw data (TIFF/EP, DNG
/// specification). What libtiff would decode of such a file is at best its thumbnail. False when
/// the file cannot be read.
bool is_raw_tiff(const std::string& path);

}  // namespace facenet
