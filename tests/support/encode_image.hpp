#pragma once

#include <cstdint>
#include <string>
#include <vector>

// Pictures that tests make themselves, as files.
namespace apq::test {

/// A picture from a formula, uint8 [height, width, channels]; a smooth one survives JPEG nearly unchanged.
std::vector<std::uint8_t> sharp_picture(int width, int height);  ///< RGB, that of make_pil_resize.py
std::vector<std::uint8_t> smooth_picture(int width, int height, int channels);

/// Quality 95. `channels` 1: grey, 3: RGB (4:4:4), 4: CMYK, stored as YCCK with inverted inks.
std::string jpeg_file(std::vector<std::uint8_t> const& pixels, int width, int height, int channels);

/// `bits` per sample and libpng's colour type; `pixels` hold its samples row by row, 16 bits big-endian, fewer than 8 packed.
std::string png_file(std::vector<std::uint8_t> const& pixels, int width, int height, int bits, int colour_type, bool is_interlaced = false);

/// One member of a tar file, header and padding included; ustar.
std::string tar_member(std::string const& name, std::string const& content, char type = '0');
/// The two empty blocks at a tar's end.
std::string tar_end();

}  // namespace apq::test
