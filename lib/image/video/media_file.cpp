#include "image/video/media_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "base/format.h"
#include "image/decode.h"
#include "image/video/frame_reader.h"

namespace facenet {
namespace {

constexpr const char* kContainers = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts";
constexpr const char* kCodecs =
    "h264,hevc,vp8,vp9,libdav1d,av1,mpeg4,msmpeg4v1,msmpeg4v2,msmpeg4,h263,mpeg1video,mpeg2video,"
    "mjpeg,dvvideo,prores";

std::string reason_of(int error) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(error, text.data(), text.size());
  return text.data();
}

constexpr const char* kNotRead = "not a film of a kind that is read";

/// A failed call of FFmpeg. It calls what its lists of allowed kinds leave out an invalid argument,
/// and where a file ends too early an error of input and output.
[[noreturn]] void fail_as(int error) {
  if (error == AVERROR(ENOMEM)) throw std::bad_alloc();
  if (error == AVERROR_DECODER_NOT_FOUND || error == AVERROR_DEMUXER_NOT_FOUND ||
      error == AVERROR_PATCHWELCOME || error == AVERROR(EINVAL))
    throw DecodeError(kNotRead);
  if (error == AVERROR_INVALIDDATA || error == AVERROR_EOF || error == AVERROR(EIO))
    throw DecodeError("the film's data are damaged");
  fail<DecodeError>("the film cannot be read: {}", reason_of(error));
}

/// A file may name others, to be opened in its place or beside it.
int refuse_to_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
  return AVERROR(EACCES);
}

}  // namespace

int MediaFile::read_bytes(void* opaque, std::uint8_t* bytes, int size) {
  auto* source = static_cast<Source*>(opaque);
  const ssize_t got =
      ::pread(source->descriptor, bytes, static_cast<std::size_t>(size), source->at);
  if (got < 0) return AVERROR(source->error = errno);
  source->at += got;
  return got == 0 ? AVERROR_EOF : static_cast<int>(got);
}

std::int64_t MediaFile::seek_bytes(void* opaque, std::int64_t offset, int whence) {
  auto* source = static_cast<Source*>(opaque);
  struct stat status {};
  if (::fstat(source->descriptor, &status) != 0) return AVERROR(source->error = errno);
  whence &= ~AVSEEK_FORCE;
  if (whence == AVSEEK_SIZE) return status.st_size;
  const std::int64_t base = whence == SEEK_CUR   ? source->at
                            : whence == SEEK_END ? std::int64_t{status.st_size}
                                                 : 0;
  std::int64_t target = 0;
  if (__builtin_add_overflow(base, offset, &target) || target < 0) return AVERROR(EINVAL);
  return source->at = target;
}

MediaFile::MediaFile(int descriptor) : source_{.descriptor = descriptor} {
  av_log_set_level(AV_LOG_QUIET);
  open();
  choose_stream();
}

void MediaFile::open() {
  constexpr int kBuffer = 1 << 16;
  auto* buffer = static_cast<std::uint8_t*>(av_malloc(kBuffer));
  if (buffer == nullptr) throw std::bad_alloc();
  input_.reset(avio_alloc_context(buffer, kBuffer, 0, &source_, read_bytes, nullptr, seek_bytes));
  if (!input_) {
    av_free(buffer);
    throw std::bad_alloc();
  }
  AVFormatContext* container = avformat_alloc_context();
  if (container == nullptr) throw std::bad_alloc();
  container->pb = input_.get();
  container->io_open = refuse_to_open;
  container->format_whitelist = av_strdup(kContainers);
  container->codec_whitelist = av_strdup(kCodecs);
  container->protocol_whitelist = av_strdup("");
  if (const int error = avformat_open_input(&container, "", nullptr, nullptr); error < 0) {
    require_readable();
    fail_as(error);  // which has freed it
  }
  container_.reset(container);
  const int error = avformat_find_stream_info(container, nullptr);
  require_readable();
  if (error < 0) fail_as(error);
}

void MediaFile::require_readable() const {
  if (source_.error != 0)
    fail<DecodeError>("the film cannot be read: {}", std::strerror(source_.error));
}

void MediaFile::choose_stream() {
  // Neither covers, as music has them, nor the thumbnails that some cameras put beside.
  constexpr int kNoFilm = AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS;
  for (unsigned i = 0; i < container_->nb_streams; ++i)
    if ((container_->streams[i]->disposition & kNoFilm) != 0)
      container_->streams[i]->codecpar->codec_type = AVMEDIA_TYPE_ATTACHMENT;
  const int chosen = av_find_best_stream(container_.get(), AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (chosen < 0) throw DecodeError("there are no pictures in it, only sound or other data");
  for (unsigned i = 0; i < container_->nb_streams; ++i)
    if (static_cast<int>(i) != chosen) container_->streams[i]->discard = AVDISCARD_ALL;
  stream_ = container_->streams[chosen];
}

CodecPtr MediaFile::make_decoder(std::int64_t most_pixels) const {
  const AVCodec* codec = avcodec_find_decoder(stream_->codecpar->codec_id);
  if (codec == nullptr) fail_as(AVERROR_DECODER_NOT_FOUND);
  CodecPtr decoder(avcodec_alloc_context3(codec));
  if (!decoder) throw std::bad_alloc();
  decoder->codec_whitelist = av_strdup(kCodecs);
  if (const int error = avcodec_parameters_to_context(decoder.get(), stream_->codecpar); error < 0)
    fail_as(error);
  decoder->pkt_timebase = stream_->time_base;
  decoder->thread_count = 1;  // our own threads are the parallelism
  decoder->max_pixels = most_pixels;
  // Other frames are decoded by these, and are no better.
  decoder->skip_frame = AVDISCARD_NONREF;
  if (const int error = avcodec_open2(decoder.get(), codec, nullptr); error < 0) fail_as(error);
  return decoder;
}

bool MediaFile::read(AVPacket& packet) const {
  for (;;) {
    av_packet_unref(&packet);
    const int error = av_read_frame(container_.get(), &packet);
    if (error == AVERROR(ENOMEM)) throw std::bad_alloc();
    require_readable();
    if (error < 0) return false;
    if (packet.stream_index == stream_->index) return true;
  }
}

std::int64_t MediaFile::to_stamp(std::int64_t time_ms) const {
  constexpr AVRational kMilliseconds{1, 1000};
  const std::int64_t stamp = av_rescale_q(time_ms, kMilliseconds, stream_->time_base);
  return stream_->start_time == AV_NOPTS_VALUE ? stamp : stamp + stream_->start_time;
}

bool MediaFile::seek(std::int64_t time_ms) const {
  return av_seek_frame(container_.get(), stream_->index, to_stamp(time_ms), AVSEEK_FLAG_BACKWARD) >=
         0;
}

std::optional<std::int64_t> MediaFile::next_key(std::int64_t time_ms) const {
  const AVIndexEntry* entry =
      avformat_index_get_entry_from_timestamp(stream_, to_stamp(time_ms + 1), 0);
  if (entry == nullptr) return std::nullopt;
  const std::int64_t time = to_ms(entry->timestamp);
  return time > time_ms ? std::optional(time) : std::nullopt;
}

std::int64_t MediaFile::to_ms(std::int64_t stamp) const {
  constexpr AVRational kMilliseconds{1, 1000};
  if (stamp == AV_NOPTS_VALUE) return 0;
  const std::int64_t begin = stream_->start_time == AV_NOPTS_VALUE ? 0 : stream_->start_time;
  std::int64_t since = 0;
  if (__builtin_sub_overflow(stamp, begin, &since)) return 0;
  return std::clamp<std::int64_t>(av_rescale_q(since, stream_->time_base, kMilliseconds), 0,
                                  kMostVideoMs);
}

}  // namespace facenet
