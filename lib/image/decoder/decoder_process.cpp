#include "image/decoder/decoder_process.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <new>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/logging.h"
#include "base/text.h"
#include "image/decoder/exif_time.h"
#include "image/decoder/nursery.h"
#include "walls/shared_memory.h"

namespace facenet {
namespace {

constexpr const char* kNoSense = "its decoder gave an answer that makes no sense";

/// Of a process, since it began; nothing when it has ended.
std::optional<std::chrono::nanoseconds> processor_time(pid_t process) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &time) != 0)
    return std::nullopt;
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void warn_of_missing_walls() {
  static std::atomic_flag warned;
  if (!warned.test_and_set())
    log_warning(
        "this system has no system call filter (seccomp): photos are decoded in processes of their "
        "own, but a photo made to attack its decoder could do there what you may");
}

/// Whether an answer can be one to a question about a header.
bool is_sound(const PhotoHeader& header) {
  constexpr int kMostEdge = 10'000'000;  // libvips' own limit
  const auto fits = [](int edge) { return edge >= 1 && edge <= kMostEdge; };
  return header.format >= ImageFormat::kJpeg && header.format <= ImageFormat::kRaw &&
         fits(header.size.width) && fits(header.size.height) && header.is_whole <= 1 &&
         header.taken >= -kFarthestExifTime && header.taken <= kFarthestExifTime &&
         header.orientation >= 1 && header.orientation <= 8;
}

bool is_sound(const VideoHeader& header) {
  constexpr int kMostEdge = 1'000'000;
  const auto fits = [](int edge) { return edge >= 1 && edge <= kMostEdge; };
  return header.format >= VideoFormat::kMp4 && header.format <= VideoFormat::kMpegTs &&
         fits(header.width) && fits(header.height) && header.duration_ms >= 0 &&
         header.duration_ms <= kMostVideoMs && header.orientation >= 1 && header.orientation <= 8;
}

/// What a decoder says, which may have been taken over.
std::string reason_of(const DecoderReply& reply) {
  const auto end = std::find(reply.reason.begin(), reply.reason.end(), '\0');
  return to_valid_utf8(std::string(reply.reason.begin(), end));
}

}  // namespace

/// A running decoder. It ends with this.
class DecoderProcess::Connection {
 public:
  explicit Connection(const DecoderLimits& limits) : nursery_(nursery()) {
    SocketPair sockets;
    process_ = nursery_->start(sockets.theirs->get(), limits.most_memory, limits.is_for_video);
    socket_ = std::move(sockets.ours);
  }
  ~Connection() {
    if (process_ > 0) wait_for_end();
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int socket() const { return socket_->get(); }
  pid_t process() const { return process_; }
  void kill() const { ::kill(process_, SIGKILL); }

  /// Lets it end, and returns its wait status.
  int wait_for_end() {
    socket_.reset();
    const int status = nursery_->end_of(process_);
    process_ = -1;
    return status;
  }

 private:
  std::shared_ptr<DecoderNursery> nursery_;
  std::unique_ptr<Descriptor> socket_;
  pid_t process_ = -1;
};

DecoderLimits limits_for(std::int64_t most_pixels) {
  constexpr std::int64_t kBytesAPixel = 16;  // decoded, and once more being turned
  constexpr std::int64_t kPrograms = std::int64_t{1} << 31;
  constexpr std::int64_t kMostPixels = std::int64_t{1} << 50;  // --max-pixels takes any number
  return {.most_memory = kPrograms + kBytesAPixel * std::min(most_pixels, kMostPixels)};
}

DecoderLimits limits_for_video() {
  // Of 8K, a codec may keep 16 frames of 50 MB; the program and FFmpeg's libraries take as much.
  return {.most_memory = std::int64_t{1} << 32, .is_for_video = true};
}

DecoderProcess::DecoderProcess(const DecoderLimits& limits) : limits_(limits) {}
DecoderProcess::~DecoderProcess() = default;

std::optional<pid_t> DecoderProcess::process() const {
  if (!connection_) return std::nullopt;
  return connection_->process();
}

/// Nothing when the decoder has ended.
std::optional<DecoderReply> DecoderProcess::try_to_ask(const DecoderRequest& request,
                                                       std::span<const int> descriptors) {
  std::vector<int> none;
  DecoderReply reply;
  if (!connection_) {
    try {
      connection_ = std::make_unique<Connection>(limits_);
    } catch (const Error& error) {
      fail<DecodeError>("cannot be decoded now: {}", error.what());
    }
    if (!receive_message(connection_->socket(), reply, none)) return std::nullopt;
    if (reply.has_walls == 0) warn_of_missing_walls();
  }
  auto begin = processor_time(connection_->process());
  if (begin && limits_.is_for_video) begin = std::chrono::nanoseconds(0);
  if (!send_message(connection_->socket(), request, descriptors)) return std::nullopt;
  const auto look_ms = static_cast<int>(std::min<std::int64_t>(limits_.most_time.count(), 200));
  pollfd answered{.fd = connection_->socket(), .events = POLLIN, .revents = 0};
  while (::poll(&answered, 1, look_ms) <= 0) {
    const auto now = processor_time(connection_->process());
    if (!begin || !now || *now - *begin <= limits_.most_time) continue;
    connection_->kill();
    connection_.reset();
    fail<DecodeError>("decoding takes more than {} seconds",
                      std::chrono::duration<double>(limits_.most_time).count());
  }
  const bool whole = receive_message(connection_->socket(), reply, none);
  for (const int descriptor : none) ::close(descriptor);
  return whole ? std::optional(reply) : std::nullopt;
}

std::string DecoderProcess::how_it_ended() {
  const int status = connection_->wait_for_end();
  connection_.reset();
  if (!WIFSIGNALED(status)) return "its decoder ended without an answer";
  const int signal = WTERMSIG(status);
  // The kernel's way to find memory.
  if (signal == SIGKILL)
    return "cannot be decoded now: its decoder was killed, perhaps out of memory";
  return fmt::format("its decoder crashed (signal {}, {})", signal, ::strsignal(signal));
}

DecoderReply DecoderProcess::ask(const DecoderRequest& request, std::span<const int> descriptors) {
  // What a photo before did to the process must not be this one's fault. A process for a video has
  // seen no other.
  const bool is_fresh = !connection_ || limits_.is_for_video;
  auto reply = try_to_ask(request, descriptors);
  if (!reply) {
    std::string end = how_it_ended();
    if (!is_fresh) {
      reply = try_to_ask(request, descriptors);
      if (!reply) end = how_it_ended();
    }
    if (!reply) throw DecodeError(end);
  }
  switch (reply->status) {
    case DecoderReply::Status::kDone:
      return *reply;
    case DecoderReply::Status::kNoMemory:
      throw std::bad_alloc();
    case DecoderReply::Status::kRefused:
    case DecoderReply::Status::kReady:
      break;
  }
  throw DecodeError(reason_of(*reply));
}

PhotoHeader DecoderProcess::read_header(int photo, bool is_called_raw) {
  const PhotoHeader header =
      ask({.kind = DecoderRequest::Kind::kHeader, .is_called_raw = is_called_raw ? 1U : 0U},
          std::span(&photo, 1))
          .header;
  if (!is_sound(header)) throw DecodeError(kNoSense);
  return header;
}

Image DecoderProcess::decode(int photo, const PhotoHeader& header, int max_edge) {
  return ask_for_pixels(
      {.kind = DecoderRequest::Kind::kPixels, .max_edge = max_edge, .header = header}, {photo},
      fit(header.size, max_edge));
}

Image DecoderProcess::ask_for_pixels(const DecoderRequest& request, std::vector<int> descriptors,
                                     PhotoSize size) {
  Image image(size.width, size.height);
  if (!pixels_ || pixels_->bytes().size() < image.pixels.size()) {
    pixels_.reset();
    pixels_ = std::make_unique<SharedMemory>(image.pixels.size());
  }
  descriptors.push_back(pixels_->file().get());
  ask(request, descriptors);
  std::memcpy(image.pixels.data(), pixels_->bytes().data(), image.pixels.size());
  // Few photos are decoded at full resolution: their memory is given back.
  constexpr std::size_t kMostKept = std::size_t{1} << 24;
  if (pixels_->bytes().size() > kMostKept) pixels_.reset();
  return image;
}

std::string DecoderProcess::read_xmp(int photo, ImageFormat format) {
  constexpr std::size_t kMost = std::size_t{1} << 24;
  const SharedMemory memory(kMost);
  const std::array<int, 2> descriptors = {photo, memory.file().get()};
  const DecoderReply reply = ask(
      {.kind = DecoderRequest::Kind::kXmp, .header = {.format = format, .size = {}}, .room = kMost},
      descriptors);
  if (reply.size > kMost) throw DecodeError(kNoSense);
  return {memory.bytes().data(), static_cast<std::size_t>(reply.size)};
}

VideoHeader DecoderProcess::open_video(int video, std::int64_t most_pixels) {
  const VideoHeader header =
      ask({.kind = DecoderRequest::Kind::kOpenVideo, .most_pixels = most_pixels},
          std::span(&video, 1))
          .video;
  if (!is_sound(header)) throw DecodeError(kNoSense);
  return header;
}

std::optional<std::int64_t> DecoderProcess::next_frame() {
  const std::int64_t time = ask({.kind = DecoderRequest::Kind::kNextFrame}, {}).time_ms;
  if (time == DecoderReply::kNoFrame) return std::nullopt;
  if (time < 0 || time > kMostVideoMs) throw DecodeError(kNoSense);
  return time;
}

void DecoderProcess::go_to_frame(std::int64_t time_ms) {
  ask({.kind = DecoderRequest::Kind::kGoToFrame, .time_ms = time_ms}, {});
}

Image DecoderProcess::frame(int max_edge, PhotoSize size) {
  return ask_for_pixels({.kind = DecoderRequest::Kind::kFramePixels, .max_edge = max_edge}, {},
                        fit(size, max_edge));
}

DecoderProcess& decoder_of_this_thread(std::int64_t most_pixels) {
  thread_local std::unique_ptr<DecoderProcess> decoder;
  const DecoderLimits limits = limits_for(most_pixels);
  if (!decoder || decoder->limits().most_memory < limits.most_memory)
    decoder = std::make_unique<DecoderProcess>(limits);
  return *decoder;
}

}  // namespace facenet
