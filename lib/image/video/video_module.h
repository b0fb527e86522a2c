#pragma once

#include "image/video/frame_reader.h"

namespace facenet {

/// Loads facenet_video.so, once, for this process and those that it forks. What fails is for
/// video_functions() to say.
void load_video_module();

/// What the module hands out. Throws DecodeError where it could not be loaded.
const VideoFunctions& video_functions();

}  // namespace facenet
