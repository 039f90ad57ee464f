#include <csetjmp>
#include <cstring>

#include <fmt/format.h>
#include <png.h>

#include "common/core/error.hpp"
#include "common/image/decode.hpp"

namespace apq::image {
namespace {

struct Input {
  std::span<std::uint8_t const> left;
  char message[128] = "unknown";
};

void read(png_structp png, png_bytep to, png_size_t count) {
  auto& input = *static_cast<Input*>(png_get_io_ptr(png));
  if (count > input.left.size()) png_error(png, "ends early");
  std::memcpy(to, input.left.data(), count);
  input.left = input.left.subspan(count);
}

// libpng's way of failing is longjmp: no object with a destructor may live in a frame that it crosses.
[[noreturn]] void fail(png_structp png, png_const_charp message) {
  auto& input = *static_cast<Input*>(png_get_error_ptr(png));
  std::strncpy(input.message, message, sizeof input.message - 1);
  png_longjmp(png, 1);
}

void ignore(png_structp, png_const_charp) {}

// False after an error; `picture` and `rows` belong to the caller, so that a jump leaves nothing behind.
bool decode_all(png_structp png, png_infop info, std::size_t num_bytes, Picture& picture, std::vector<png_bytep>& rows) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_user_limits(png, 1u << 20, 1u << 20);
  png_set_chunk_malloc_max(png, 8u << 20);
  png_set_chunk_cache_max(png, 128);
  png_read_info(png, info);
  auto const width = png_get_image_width(png, info);
  auto const height = png_get_image_height(png, info);
  auto const pixels = static_cast<std::uint64_t>(width) * height;
  auto const raw = static_cast<std::uint64_t>(png_get_rowbytes(png, info)) * height;
  if (pixels > most_pixels || raw / 1100 > num_bytes)
    png_error(png, "claims more pixels than its bytes can hold");  // deflate packs 1032 to 1 at best
  png_set_strip_16(png);
  png_set_palette_to_rgb(png);
  png_set_expand_gray_1_2_4_to_8(png);
  png_set_gray_to_rgb(png);
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != std::size_t{3} * width) png_error(png, "is of a kind that does not become RGB");
  picture.width = static_cast<int>(width);
  picture.height = static_cast<int>(height);
  picture.channels = 3;
  picture.pixels.resize(pixels * 3);
  rows.resize(height);
  for (std::size_t y = 0; y < height; ++y) rows[y] = picture.pixels.data() + y * 3 * width;
  png_read_image(png, rows.data());
  png_read_end(png, nullptr);
  return true;
}

}  // namespace

void decode_png(std::span<std::uint8_t const> bytes, Picture& picture) {
  Input input{.left = bytes};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &input, fail, ignore);
  png_infop info = png != nullptr ? png_create_info_struct(png) : nullptr;
  if (info == nullptr) {
    png_destroy_read_struct(&png, nullptr, nullptr);
    throw Error(Errc::internal, "libpng cannot be set up (out of memory, or another version than at build time)");
  }
  png_set_read_fn(png, &input, read);
  std::vector<png_bytep> rows;
  bool const is_sound = decode_all(png, info, bytes.size(), picture, rows);
  png_destroy_read_struct(&png, &info, nullptr);
  if (!is_sound) throw Error(Errc::data, fmt::format("damaged PNG: {}", input.message));
}

}  // namespace apq::image
