#include "support/encode_image.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include <png.h>
#include <turbojpeg.h>

namespace apq::test {

std::vector<std::uint8_t> sharp_picture(int width, int height) {
  std::vector<std::uint8_t> pixels;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c) pixels.push_back(static_cast<std::uint8_t>((x * x * 3 + y * y * 5 + x * y * (c + 1) + 37 * c) / 7 % 256));
  return pixels;
}

std::vector<std::uint8_t> smooth_picture(int width, int height, int channels) {
  std::vector<std::uint8_t> pixels;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < channels; ++c) pixels.push_back(static_cast<std::uint8_t>(40 + (c + 1) * 20 + 60 * x / width + 40 * y / height));
  return pixels;
}

std::string jpeg_file(std::vector<std::uint8_t> const& pixels, int width, int height, int channels) {
  tjhandle const handle = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  int const format = channels == 1 ? TJPF_GRAY : channels == 3 ? TJPF_RGB : TJPF_CMYK;
  int const status =
      tjCompress2(handle, pixels.data(), width, 0, height, format, &bytes, &size, channels == 1 ? TJSAMP_GRAY : TJSAMP_444, 95, 0);
  std::string file(reinterpret_cast<char*>(bytes), status == 0 ? size : 0);
  tjFree(bytes);
  tjDestroy(handle);
  if (status != 0) throw std::runtime_error("tjCompress2 failed");
  return file;
}

std::size_t marker_in(std::string const& jpeg, std::uint8_t marker) {
  auto const byte = [&](std::size_t i) { return static_cast<std::uint8_t>(jpeg.at(i)); };
  std::size_t at = 2;
  while (byte(at + 1) != marker) at += 2u + byte(at + 2) * 256u + byte(at + 3);
  return at;
}

std::vector<std::pair<std::string, std::string>> odd_jpegs(std::string const& jpeg) {
  auto const inserted = [&](std::size_t at, std::string const& bytes) { return jpeg.substr(0, at) + bytes + jpeg.substr(at); };
  auto const replaced = [&](std::size_t at, char byte) { return jpeg.substr(0, at) + byte + jpeg.substr(at + 1); };
  auto const scan = marker_in(jpeg, 0xda);
  auto const spectral_end = scan + 5 + 2 * static_cast<std::size_t>(jpeg[scan + 4]) + 1;
  return {{"stray bytes before the scan", inserted(scan, std::string(2, '\0'))},
          {"a stray byte before a table", inserted(marker_in(jpeg, 0xdb), std::string(1, '\0'))},
          {"another version", replaced(marker_in(jpeg, 0xe0) + 9, '\2')},
          {"no spectral selection", replaced(spectral_end, '\0')},
          {"rests before the end", inserted(jpeg.size() - 2, std::string(300, '\0'))}};
}

namespace {

// Bits of an entropy-coded segment.
class Bits {
 public:
  void put(std::uint32_t value, int width) {
    for (int i = width - 1; i >= 0; --i) {
      byte_ = byte_ << 1 | (value >> i & 1);
      if (++used_ < 8) continue;
      bytes_ += static_cast<char>(byte_);
      if ((byte_ & 0xff) == 0xff) bytes_ += '\0';
      byte_ = 0;
      used_ = 0;
    }
  }
  std::string ended() {
    while (used_ != 0) put(1, 1);
    return bytes_;
  }

 private:
  std::string bytes_;
  std::uint32_t byte_ = 0;
  int used_ = 0;
};

std::string segment(std::uint8_t marker, std::string const& content) {
  auto const size = content.size() + 2;
  return std::string{'\xff', static_cast<char>(marker), static_cast<char>(size >> 8), static_cast<char>(size)} + content;
}

}  // namespace

std::string jpeg_of_many_scans(int side, int refinements) {
  auto const text = [](std::initializer_list<int> bytes) {
    std::string result;
    for (int byte : bytes) result += static_cast<char>(byte);
    return result;
  };
  auto const blocks = static_cast<std::uint32_t>(side / 8 * (side / 8));
  auto file = text({0xff, 0xd8}) + segment(0xdb, std::string(1, '\0') + std::string(64, '\1')) +
              segment(0xc2, text({8, side >> 8, side, side >> 8, side, 1, 1, 0x11, 0})) +
              segment(0xc4, text({0, 1}) + std::string(15, '\0') + text({0})) +       // DC: one code, no difference
              segment(0xc4, text({0x10, 1}) + std::string(15, '\0') + text({0xe0}));  // AC: one code, a run of 2^14 empty blocks and more
  Bits dc, ac;
  for (std::uint32_t i = 0; i < blocks; ++i) dc.put(0, 1);
  for (auto left = blocks; left > 0;) {
    auto const run = std::min(left, 32767u);
    ac.put(0, 1);
    ac.put(run < 16384 ? 0 : run - 16384, 14);
    left -= run < 16384 ? left : run;
  }
  file += segment(0xda, text({1, 1, 0, 0, 0, 0})) + dc.ended();
  auto const empty = ac.ended();
  for (int k = 1; k < 64; ++k)
    for (int low = refinements - 1; low >= 0; --low) {
      auto const high = low == refinements - 1 ? 0 : low + 1;
      file += segment(0xda, text({1, 1, 0, k, k, high << 4 | low})) + empty;
    }
  return file + text({0xff, 0xd9});
}

std::string png_file(std::vector<std::uint8_t> const& pixels, int width, int height, int bits, int colour_type, bool is_interlaced) {
  std::string file;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(
      png, &file,
      [](png_structp p, png_bytep data, png_size_t n) {
        static_cast<std::string*>(png_get_io_ptr(p))->append(reinterpret_cast<char*>(data), n);
      },
      [](png_structp) {});
  png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), bits, colour_type,
               is_interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  std::vector<png_color> palette;
  if (colour_type == PNG_COLOR_TYPE_PALETTE) {
    for (int i = 0; i < 1 << bits; ++i)
      palette.push_back({static_cast<png_byte>(i), static_cast<png_byte>(255 - i), static_cast<png_byte>(i * 7)});
    png_set_PLTE(png, info, palette.data(), static_cast<int>(palette.size()));
    png_byte const clear[] = {0, 128};
    png_set_tRNS(png, info, clear, 2, nullptr);
  }
  png_write_info(png, info);
  auto const row_bytes = png_get_rowbytes(png, info);
  std::vector<png_bytep> rows;
  for (int y = 0; y < height; ++y) rows.push_back(const_cast<png_bytep>(pixels.data()) + static_cast<std::size_t>(y) * row_bytes);
  png_write_image(png, rows.data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return file;
}

std::string tar_member(std::string const& name, std::string const& content, char type) {
  std::string header(512, '\0');
  std::memcpy(header.data(), name.data(), std::min<std::size_t>(name.size(), 100));
  std::memcpy(header.data() + 100, "0000644\0", 8);
  std::snprintf(header.data() + 124, 12, "%011zo", content.size());
  std::memset(header.data() + 148, ' ', 8);
  header[156] = type;
  std::memcpy(header.data() + 257, "ustar\00000", 8);
  unsigned sum = 0;
  for (char c : header) sum += static_cast<unsigned char>(c);
  std::snprintf(header.data() + 148, 8, "%06o", sum);
  return header + content + std::string((512 - content.size() % 512) % 512, '\0');
}

std::string tar_end() { return std::string(1024, '\0'); }

}  // namespace apq::test
