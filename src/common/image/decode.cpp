#include "common/image/decode.hpp"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <turbojpeg.h>

#include "common/core/error.hpp"
#include "common/image/picture_format.hpp"

namespace apq::image {
namespace {

// a * b / 255, rounded, as PIL does it.
int multiplied(int a, int b) {
  int const t = a * b + 128;
  return ((t >> 8) + t) >> 8;
}

void inks_to_rgb(std::span<std::uint8_t const> inks, std::span<std::uint8_t> rgb) {
  for (std::size_t i = 0, o = 0; i + 3 < inks.size(); i += 4, o += 3) {
    int const white = inks[i + 3];  // stored inverted: 255 is no ink
    for (std::size_t c = 0; c < 3; ++c) rgb[o + c] = static_cast<std::uint8_t>(std::max(0, white - multiplied(255 - inks[i + c], white)));
  }
}

}  // namespace

void Decoder::decode_jpeg(std::span<std::uint8_t const> bytes) {
  // A new decompressor each time: libjpeg keeps tables, so that a damaged file would change or spoil those after it.
  std::unique_ptr<void, int (*)(tjhandle)> const owner(tjInitDecompress(), tjDestroy);
  auto* const jpeg = owner.get();
  if (jpeg == nullptr) throw Error(Errc::internal, fmt::format("TurboJPEG: {}", tjGetErrorStr2(nullptr)));
  int width = 0, height = 0, subsampling = 0, colours = 0;
  if (tjDecompressHeader3(jpeg, bytes.data(), bytes.size(), &width, &height, &subsampling, &colours) != 0 &&
      tjGetErrorCode(jpeg) == TJERR_FATAL)
    throw Error(Errc::data, fmt::format("damaged JPEG: {}", tjGetErrorStr2(jpeg)));
  auto const pixels = static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height);
  // The barest block costs a bit, so a byte never stands for more than 8 blocks of 16x16.
  if (width < 1 || height < 1 || pixels > most_pixels || pixels / 2048 > bytes.size())
    throw Error(Errc::data, fmt::format("damaged JPEG: claims {} x {} pixels in {} bytes", width, height, bytes.size()));
  bool const has_inks = colours == TJCS_CMYK || colours == TJCS_YCCK;
  picture_.width = width;
  picture_.height = height;
  picture_.channels = 3;
  picture_.pixels.resize(pixels * 3);
  if (has_inks) inks_.resize(pixels * 4);
  auto* const to = has_inks ? inks_.data() : picture_.pixels.data();
  if (tjDecompress2(jpeg, bytes.data(), bytes.size(), to, width, 0, height, has_inks ? TJPF_CMYK : TJPF_RGB, TJFLAG_STOPONWARNING) != 0)
    throw Error(Errc::data, fmt::format("damaged JPEG: {}", tjGetErrorStr2(jpeg)));
  if (has_inks) inks_to_rgb(inks_, picture_.pixels);
}

Picture const& Decoder::decode(std::span<std::uint8_t const> bytes) {
  if (bytes.empty()) throw Error(Errc::data, "is empty");
  switch (format_of(bytes)) {
    case PictureFormat::jpeg:
      decode_jpeg(bytes);
      break;
    case PictureFormat::png:
      decode_png(bytes, picture_);
      break;
    case PictureFormat::unknown:
      throw Error(Errc::data, fmt::format("is neither JPEG nor PNG (it begins with {:02x})",
                                          fmt::join(bytes.first(std::min<std::size_t>(4, bytes.size())), " ")));
  }
  return picture_;
}

}  // namespace apq::image
