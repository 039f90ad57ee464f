#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>
#include <jerror.h>
#include <jpeglib.h>

#include "common/core/error.hpp"
#include "common/image/decode.hpp"

namespace apq::image {
namespace {

// What libjpeg says and where it jumps to.
struct Trouble {
  jpeg_error_mgr base;  // first: libjpeg has a pointer to it alone
  jpeg_progress_mgr progress;
  std::jmp_buf end;
  char fatal[JMSG_LENGTH_MAX] = "";
  char warning[JMSG_LENGTH_MAX] = "";
  bool ends_early = false;
  int most_scans = 0;
};

Trouble& trouble_of(j_common_ptr jpeg) { return *reinterpret_cast<Trouble*>(jpeg->err); }

// libjpeg's way of failing is longjmp: no object with a destructor may live in a frame that it crosses.
[[noreturn]] void fail(j_common_ptr jpeg, char const* message) {
  auto& trouble = trouble_of(jpeg);
  std::strncpy(trouble.fatal, message, sizeof trouble.fatal - 1);
  std::longjmp(trouble.end, 1);
}

[[noreturn]] void fail_as_said(j_common_ptr jpeg) {
  auto& trouble = trouble_of(jpeg);
  trouble.base.format_message(jpeg, trouble.fatal);
  std::longjmp(trouble.end, 1);
}

void note(j_common_ptr jpeg, int level) {
  if (level >= 0) return;  // traces
  auto& trouble = trouble_of(jpeg);
  if (trouble.base.msg_code == JWRN_JPEG_EOF) trouble.ends_early = true;
  if (trouble.base.num_warnings++ == 0) trouble.base.format_message(jpeg, trouble.warning);
}

void print_nothing(j_common_ptr) {}

// A scan of some bytes makes libjpeg go through all coefficients: 0.5 ns a pixel. Pictures of 4 megapixels may have 500 scans, of 100
// megapixels 30; encoders write about 10.
int most_scans(std::uint64_t pixels) { return static_cast<int>(std::clamp<std::uint64_t>(2'000'000'000 / pixels, 30, 500)); }

void count_scans(j_common_ptr jpeg) {
  auto const scan = reinterpret_cast<j_decompress_ptr>(jpeg)->input_scan_number;
  auto const most = trouble_of(jpeg).most_scans;
  if (scan <= most) return;
  char message[80];
  std::snprintf(message, sizeof message, "has more than %d scans, which no encoder writes at its size", most);
  fail(jpeg, message);
}

// False after an error. `picture` and `inks` belong to the caller, so that a jump leaves nothing behind.
bool decode_all(jpeg_decompress_struct& jpeg, Trouble& trouble, std::span<std::uint8_t const> bytes, Picture& picture,
                std::vector<std::uint8_t>& inks) {
  if (setjmp(trouble.end) != 0) return false;
  jpeg_create_decompress(&jpeg);
  jpeg.progress = &trouble.progress;
  jpeg_mem_src(&jpeg, bytes.data(), bytes.size());
  jpeg_read_header(&jpeg, TRUE);
  auto const pixels = static_cast<std::uint64_t>(jpeg.image_width) * jpeg.image_height;
  // The barest block costs a bit, so a byte never stands for more than 8 blocks of 16x16.
  if (pixels > most_pixels || pixels / 2048 > bytes.size()) {
    char message[120];
    std::snprintf(message, sizeof message, "claims %u x %u pixels in %zu bytes", jpeg.image_width, jpeg.image_height, bytes.size());
    fail(reinterpret_cast<j_common_ptr>(&jpeg), message);
  }
  trouble.most_scans = most_scans(pixels);
  bool const has_inks = jpeg.jpeg_color_space == JCS_CMYK || jpeg.jpeg_color_space == JCS_YCCK;
  jpeg.out_color_space = has_inks ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(&jpeg);
  picture.width = static_cast<int>(jpeg.output_width);
  picture.height = static_cast<int>(jpeg.output_height);
  picture.channels = 3;
  picture.pixels.resize(pixels * 3);
  inks.resize(has_inks ? pixels * 4 : 0);
  auto* const to = has_inks ? inks.data() : picture.pixels.data();
  auto const row_bytes = static_cast<std::size_t>(jpeg.output_width) * (has_inks ? 4 : 3);
  while (jpeg.output_scanline < jpeg.output_height) {
    JSAMPROW rows[4];
    auto const count = std::min<JDIMENSION>(4, jpeg.output_height - jpeg.output_scanline);
    for (JDIMENSION i = 0; i < count; ++i) rows[i] = to + (jpeg.output_scanline + i) * row_bytes;
    jpeg_read_scanlines(&jpeg, rows, count);
  }
  jpeg_finish_decompress(&jpeg);
  return true;
}

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

std::string JpegDecoder::decode(std::span<std::uint8_t const> bytes, Picture& picture) {
  // New each time: libjpeg keeps tables, so that a damaged file would change or spoil those after it.
  jpeg_decompress_struct jpeg{};
  Trouble trouble{};
  jpeg.err = jpeg_std_error(&trouble.base);
  trouble.base.error_exit = fail_as_said;
  trouble.base.emit_message = note;
  trouble.base.output_message = print_nothing;
  trouble.progress.progress_monitor = count_scans;
  bool const is_sound = decode_all(jpeg, trouble, bytes, picture, inks_);
  jpeg_destroy_decompress(&jpeg);
  if (!is_sound) throw Error(Errc::data, fmt::format("damaged JPEG: {}", trouble.fatal));
  if (trouble.ends_early) throw Error(Errc::data, "damaged JPEG: ends early");
  if (!inks_.empty()) inks_to_rgb(inks_, picture.pixels);
  return trouble.warning;
}

}  // namespace apq::image
