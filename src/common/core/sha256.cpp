#include "common/core/sha256.hpp"

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "common/core/error.hpp"

namespace apq {

static_assert(std::endian::native == std::endian::little, "hashes are defined over little-endian bytes");

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  if (EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) != 1) throw Error(Errc::internal, "SHA-256 is not available in libcrypto");
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::add(void const* bytes, std::size_t size) {
  EVP_DigestUpdate(state_->context, bytes, size);
  return *this;
}

std::string Sha256::hex() {
  std::array<unsigned char, 32> digest{};
  unsigned int length = 0;
  EVP_DigestFinal_ex(state_->context, digest.data(), &length);
  std::string text;
  for (unsigned char byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

std::string sha256_of(std::string_view text) { return Sha256{}.add(text).hex(); }

std::string sha256_of_file(std::filesystem::path const& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(Errc::io, fmt::format("{}: cannot be opened for reading ({})", path.string(), std::strerror(errno)));
  Sha256 hash;
  std::vector<char> buffer(1 << 20);
  while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())), file.gcount() > 0)
    hash.add(buffer.data(), static_cast<std::size_t>(file.gcount()));
  if (file.bad()) throw Error(Errc::io, fmt::format("{}: cannot be read ({})", path.string(), std::strerror(errno)));
  return hash.hex();
}

}  // namespace apq
