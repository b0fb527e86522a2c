// facenet_video.so: the static library behind image/video/frame_reader.h as a module. Naming the
// table here makes the linker keep it.
#include "image/video/frame_reader.h"

extern "C" const facenet::VideoFunctions* facenet_video_functions_keep() {
  return facenet_video_functions();
}
