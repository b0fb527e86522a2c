#include "image/video/frame_scaler.h"

#include <cstdlib>
#include <cstring>

#include "image/decode.h"

namespace facenet {
namespace {

constexpr int kColumns = 16, kRows = 9;

/// An enumerator of FFmpeg's, which may be any number that stood in a file: C allows that, C++ does
/// not.
template <class Enumeration>
int number_of(const Enumeration& value) {
  static_assert(sizeof(Enumeration) == sizeof(int));
  int number = 0;
  std::memcpy(&number, &value, sizeof number);
  return number;
}

/// What libswscale calls these; it takes its default for what it does not know.
int matrix_of(const AVFrame& frame) {
  constexpr int kHighDefinition =
      720;  // from there on, films that do not say have BT.709's colours
  const int said = number_of(frame.colorspace);
  if (said != AVCOL_SPC_UNSPECIFIED) return said;
  return frame.height >= kHighDefinition ? SWS_CS_ITU709 : SWS_CS_ITU601;
}

}  // namespace

void FrameScaler::prepare(ContextPtr& context, const AVFrame& frame, int width, int height,
                          AVPixelFormat format) {
  const bool shrinks = width < frame.width || height < frame.height;
  context.reset(sws_getCachedContext(
      context.release(), frame.width, frame.height, static_cast<AVPixelFormat>(frame.format), width,
      height, format, shrinks ? SWS_AREA : SWS_BICUBIC, nullptr, nullptr, nullptr));
  if (!context) throw DecodeError("its frames are of a kind that is not read");
  const int* colours = sws_getCoefficients(matrix_of(frame));
  constexpr int kOne = 1 << 16;
  const bool is_full = number_of(frame.color_range) == AVCOL_RANGE_JPEG;
  // Fails where neither side has these colours, such as for grey.
  sws_setColorspaceDetails(context.get(), colours, is_full ? 1 : 0,
                           sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, kOne, kOne);
}

Image FrameScaler::to_rgb(const AVFrame& frame, int width, int height) {
  prepare(rgb_, frame, width, height, AV_PIX_FMT_RGB24);
  // libswscale writes in blocks, which may reach over the end of a row.
  constexpr std::size_t kBlock = 64;
  const auto row_bytes = 3 * static_cast<std::size_t>(width);
  const std::size_t stride = (row_bytes + 2 * kBlock - 1) / kBlock * kBlock;
  padded_.resize(stride * static_cast<std::size_t>(height));
  std::uint8_t* rows[] = {padded_.data(), nullptr, nullptr, nullptr};
  const int strides[] = {static_cast<int>(stride), 0, 0, 0};
  if (sws_scale(rgb_.get(), frame.data, frame.linesize, 0, frame.height, rows, strides) < 0)
    throw DecodeError("its frames are of a kind that is not read");
  Image image(width, height);
  for (int y = 0; y < height; ++y)
    std::memcpy(image.row(y), padded_.data() + stride * static_cast<std::size_t>(y), row_bytes);
  return image;
}

FrameScaler::Sketch FrameScaler::sketch(const AVFrame& frame) {
  prepare(sketch_, frame, kColumns, kRows, AV_PIX_FMT_GRAY8);
  Sketch sketch{};
  std::uint8_t* rows[] = {sketch.data(), nullptr, nullptr, nullptr};
  const int strides[] = {kColumns, 0, 0, 0};
  if (sws_scale(sketch_.get(), frame.data, frame.linesize, 0, frame.height, rows, strides) < 0)
    throw DecodeError("its frames are of a kind that is not read");
  return sketch;
}

double FrameScaler::difference(const Sketch& a, const Sketch& b) {
  int sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(int{a[i]} - int{b[i]});
  return sum / static_cast<double>(a.size());
}

}  // namespace facenet
