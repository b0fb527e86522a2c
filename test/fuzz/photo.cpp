// What decodes photos, as it runs in a decoder: sniffing, headers, pixels, and why not.
#include "image/damage.h"
#include "image/decoder/photo_decoder.h"
#include "image/skipped.h"
#include "image/sniff.h"
#include "test/fuzz/fuzz.h"

using namespace facenet;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool started = [] {
    start_vips("fuzz");
    return true;
  }();
  static_cast<void>(started);
  constexpr std::int64_t kMostPixels = 1 << 20;
  constexpr int kEdge = 48;
  const fuzz::MemoryFile file({data, size});
  const auto head = std::as_bytes(std::span(data, std::min<std::size_t>(size, kSniffBytes)));
  FUZZ_EXPECT(!why_no_photo(head).empty());
  try {
    const PhotoHeader header = read_photo_header(file.descriptor(), false);
    const bool is_raw_tiff = header.format == ImageFormat::kRaw;
    FUZZ_EXPECT(sniff_format(head) == header.format ||
                (is_raw_tiff && sniff_format(head) == ImageFormat::kTiff));
    FUZZ_EXPECT(header.orientation >= 1 && header.orientation <= 8);
    constexpr std::size_t kMostXmp = 1 << 20;
    FUZZ_EXPECT(read_photo_xmp(file.descriptor(), header.format, kMostXmp).size() <= kMostXmp);
    FUZZ_EXPECT(header.size.width > 0 && header.size.height > 0);
    if (header.size.pixels() > kMostPixels) return 0;
    for (const int edge : {0, kEdge}) {
      const Image image = decode_photo(file.descriptor(), header, edge);
      const PhotoSize expected = fit(header.size, edge);
      FUZZ_EXPECT(image.width == expected.width && image.height == expected.height);
      FUZZ_EXPECT(image.pixels.size() == static_cast<std::size_t>(3 * expected.pixels()));
    }
  } catch (const DecodeError& error) {
    fuzz::expect_message(error);
  } catch (const std::bad_alloc&) {
    return 0;
  }
  return 0;
}
