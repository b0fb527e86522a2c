#include "base/hash.h"

#include <cerrno>
#include <cstring>
#include <unistd.h>
#include <vector>

#include <openssl/evp.h>

#include "base/error.h"
#include "base/file.h"

namespace facenet {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string Sha256::hex() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

Sha256 Sha256::from_hex(std::string_view hex) {
  Sha256 digest;
  if (hex.size() != 2 * digest.bytes.size()) fail("'{}' is not a SHA-256 in hexadecimal", hex);
  for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
    const int high = hex_digit(hex[2 * i]);
    const int low = hex_digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) fail("'{}' is not a SHA-256 in hexadecimal", hex);
    digest.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return digest;
}

struct Sha256Hasher::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(evp); }
};

Sha256Hasher::Sha256Hasher() : context_(std::make_unique<Context>()) {
  if (context_->evp == nullptr || EVP_DigestInit_ex(context_->evp, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL has no SHA-256");
  }
}

Sha256Hasher::~Sha256Hasher() = default;

void Sha256Hasher::update(std::span<const std::byte> data) {
  EVP_DigestUpdate(context_->evp, data.data(), data.size());
}

Sha256 Sha256Hasher::finish() {
  Sha256 digest;
  EVP_DigestFinal_ex(context_->evp, digest.bytes.data(), nullptr);
  return digest;
}

Sha256 sha256(std::span<const std::byte> data) {
  Sha256Hasher hasher;
  hasher.update(data);
  return hasher.finish();
}

Sha256 sha256_of_descriptor(int descriptor) {
  Sha256Hasher hasher;
  std::vector<std::byte> buffer(std::size_t{1} << 18);
  for (off_t offset = 0;;) {
    const ssize_t got = ::pread(descriptor, buffer.data(), buffer.size(), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("cannot read: {}", std::strerror(errno));
    if (got == 0) return hasher.finish();
    hasher.update(std::span(buffer).first(static_cast<std::size_t>(got)));
    offset += got;
  }
}

Sha256 sha256_of_file(const std::string& path) {
  const Descriptor file(path);
  try {
    return sha256_of_descriptor(file.get());
  } catch (const Error& error) {
    fail("{}: {}", path, error.what());
  }
}

}  // namespace facenet
