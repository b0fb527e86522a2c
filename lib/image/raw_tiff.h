#pragma once

#include <string_view>

namespace facenet {

/// True when a TIFF file holds what a camera's sensor saw and not a picture: it says that it is a
/// DNG, or one of its directories describes a colour filter array or linear raw data (TIFF/EP, DNG
/// specification), or Canon's mark behind the header. What libtiff would decode of such a file is
/// at best its thumbnail. False when the file cannot be read.
bool is_raw_tiff(int descriptor);

/// Whether this is what cameras call raw photos: "a.NEF". Some are TIFF files whose directories say
/// nothing.
bool has_raw_extension(std::string_view path);

}  // namespace facenet
