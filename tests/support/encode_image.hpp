#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

// Pictures that tests make themselves, as files.
namespace apq::test {

/// A picture from a formula, uint8 [height, width, channels]; a smooth one survives JPEG nearly unchanged.
std::vector<std::uint8_t> sharp_picture(int width, int height);  ///< RGB, that of make_pil_resize.py
std::vector<std::uint8_t> smooth_picture(int width, int height, int channels);

/// Quality 95. `channels` 1: grey, 3: RGB (4:4:4), 4: CMYK, stored as YCCK with inverted inks.
std::string jpeg_file(std::vector<std::uint8_t> const& pixels, int width, int height, int channels);

/// Where a marker (0xda: the scan) begins in a JPEG.
std::size_t marker_in(std::string const& jpeg, std::uint8_t marker);
/// What JPEGs of cameras, scanners and editors have: `jpeg` with something odd in it that changes no pixel, by what it is.
std::vector<std::pair<std::string, std::string>> odd_jpegs(std::string const& jpeg);
/// A legal progressive JPEG, all grey, `side` x `side` (a multiple of 8): 1 + 63 * `refinements` scans of few bytes each.
std::string jpeg_of_many_scans(int side, int refinements);

/// `bits` per sample and libpng's colour type; `pixels` hold its samples row by row, 16 bits big-endian, fewer than 8 packed.
std::string png_file(std::vector<std::uint8_t> const& pixels, int width, int height, int bits, int colour_type, bool is_interlaced = false);

/// One member of a tar file, header and padding included; ustar.
std::string tar_member(std::string const& name, std::string const& content, char type = '0');
/// The two empty blocks at a tar's end.
std::string tar_end();

}  // namespace apq::test
