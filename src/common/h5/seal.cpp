#include "common/h5/seal.hpp"

#include <string_view>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/core/sha256.hpp"

namespace apq::h5 {
namespace {

constexpr std::string_view mark = "\napq seal sha256 ";
constexpr std::size_t seal_length = mark.size() + 64 + 1;
constexpr std::string_view hdf5_signature = "\x89HDF\r\n\x1a\n";

}  // namespace

std::string sealed(std::string image) {
  auto const hash = sha256_of(image);
  return std::move(image.append(mark).append(hash).append("\n"));
}

std::string unsealed(std::string bytes, std::string const& name) {
  if (!bytes.starts_with(hdf5_signature)) throw Error(Errc::data, fmt::format("{}: is not an HDF5 file", name));
  auto const length = bytes.size() < seal_length ? 0 : bytes.size() - seal_length;
  std::string_view const all = bytes;
  if (length == 0 || all.substr(length, mark.size()) != mark)
    throw Error(Errc::data, fmt::format("{}: is cut off or was not written by apq (its end is missing)", name));
  if (sha256_of(all.substr(0, length)) != all.substr(length + mark.size(), 64))
    throw Error(Errc::data, fmt::format("{}: is damaged (its content does not match its checksum)", name));
  bytes.resize(length);
  return bytes;
}

}  // namespace apq::h5
