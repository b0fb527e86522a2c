// What reads videos, as it runs in a decoder: headers, frames, and why not.
#include <algorithm>
#include <string_view>

#include "image/decode.h"
#include "image/video/frame_reader.h"
#include "test/fuzz/fuzz.h"

using namespace facenet;

namespace {

constexpr int kMostFrames = 8;
constexpr int kEdge = 24;

void look_at(FrameReader& video) {
  const Image image = video.pixels(kEdge, kEdge);
  FUZZ_EXPECT(image.width == kEdge && image.height == kEdge);
  FUZZ_EXPECT(image.pixels.size() == std::size_t{3} * kEdge * kEdge);
}

void read(int descriptor) {
  constexpr std::int64_t kMostPixels = 1 << 16;
  const auto video = facenet_video_functions()->open(descriptor, kMostPixels);
  const VideoHeader& header = video->header();
  FUZZ_EXPECT(header.width > 0 && header.height > 0);
  FUZZ_EXPECT(header.orientation >= 1 && header.orientation <= 8);
  FUZZ_EXPECT(header.duration_ms >= 0 && header.duration_ms <= kMostVideoMs);
  FUZZ_EXPECT(std::ranges::find(header.created, '\0') != header.created.end());
  std::int64_t last = 0;
  for (int i = 0; i < kMostFrames; ++i) {
    const auto time = video->next();
    if (!time) break;
    FUZZ_EXPECT(*time >= 0 && *time <= kMostVideoMs);
    look_at(*video);
    last = *time;
  }
  if (video->go_to(last)) look_at(*video);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryFile file({data, size});
  try {
    read(file.descriptor());
  } catch (const DecodeError& error) {
    fuzz::expect_message(error);
    // The file is at fault, and not the machine, unless its frames are larger than is taken here.
    const std::string_view reason = error.what();
    FUZZ_EXPECT(reason.ends_with("--max-pixels") || !may_be_tried_again(error.what()));
  } catch (const std::bad_alloc&) {
    return 0;
  }
  return 0;
}
