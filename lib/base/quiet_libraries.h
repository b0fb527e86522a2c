#pragma once

namespace facenet {

/// From here on what libraries print by themselves to stdout and stderr goes nowhere: libheif,
/// libde265 and dav1d have something to say of every broken photo, in the middle of results. Our
/// own results (std::cout), messages and progress are not touched, nor is what the C library says
/// when it aborts. glibc alone lets a program do so; elsewhere nothing changes.
void quiet_libraries();

}  // namespace facenet
