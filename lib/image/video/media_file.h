#pragma once

// How this folder talks to FFmpeg: an open file, and handles that free themselves.

#include <cstdint>
#include <memory>
#include <optional>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

namespace facenet {

struct PacketFree {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};
struct FrameFree {
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};
struct CodecFree {
  void operator()(AVCodecContext* codec) const { avcodec_free_context(&codec); }
};
struct InputFree {
  void operator()(AVIOContext* input) const {
    av_freep(static_cast<void*>(&input->buffer));
    avio_context_free(&input);
  }
};
struct ContainerFree {
  void operator()(AVFormatContext* container) const { avformat_close_input(&container); }
};
using InputPtr = std::unique_ptr<AVIOContext, InputFree>;
using ContainerPtr = std::unique_ptr<AVFormatContext, ContainerFree>;
using PacketPtr = std::unique_ptr<AVPacket, PacketFree>;
using FramePtr = std::unique_ptr<AVFrame, FrameFree>;
using CodecPtr = std::unique_ptr<AVCodecContext, CodecFree>;

/// A film on an open descriptor: its container, of which only the pictures are read. Only the
/// formats and codecs that people's films have are tried, and whatever a file says, no other file
/// and no network address is opened.
class MediaFile {
 public:
  /// The descriptor must stay open. Throws DecodeError.
  explicit MediaFile(int descriptor);
  MediaFile(const MediaFile&) = delete;
  MediaFile& operator=(const MediaFile&) = delete;

  AVFormatContext* container() const { return container_.get(); }
  AVStream* stream() const { return stream_; }

  /// A decoder of the pictures. Throws DecodeError.
  CodecPtr make_decoder(std::int64_t most_pixels) const;

  /// The next packet of the pictures; false at the end, or where nothing more is one. Throws
  /// DecodeError where the file cannot be read.
  bool read(AVPacket& packet) const;
  /// To the last key frame before this time. False when the file cannot be searched.
  bool seek(std::int64_t time_ms) const;
  /// When the next key frame after this time comes, as far as the file lists its key frames.
  std::optional<std::int64_t> next_key(std::int64_t time_ms) const;
  /// From the beginning of the film; a stream's time may begin anywhere.
  std::int64_t to_ms(std::int64_t stamp) const;

 private:
  std::int64_t to_stamp(std::int64_t time_ms) const;

  /// What FFmpeg reads by.
  struct Source {
    int descriptor = -1;
    std::int64_t at = 0;
    int error = 0;  ///< of the system, that reading met; FFmpeg has errors of its own
  };
  static int read_bytes(void* source, std::uint8_t* bytes, int size);
  static std::int64_t seek_bytes(void* source, std::int64_t offset, int whence);

  void open();
  /// Throws DecodeError where the file could not be read, though it may be whole.
  void require_readable() const;
  void choose_stream();

  Source source_;
  InputPtr input_;
  ContainerPtr container_;
  AVStream* stream_ = nullptr;
};

}  // namespace facenet
