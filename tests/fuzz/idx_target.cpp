// Pairs of IDX files: a byte for the form of the images (as they are, or packed by the target), two for the size of the labels, the labels,
// the images.
#include <zlib.h>

#include "common/image/idx.hpp"
#include "fuzz/target.hpp"

namespace apq::fuzz {
namespace {

constexpr int side = 8, num_classes = 5;

std::string header(std::vector<std::size_t> const& sizes) {
  std::string bytes{'\0', '\0', '\x08', static_cast<char>(sizes.size())};
  for (auto const size : sizes)
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift & 0xff);
  return bytes;
}

std::string packed(std::string_view bytes) {
  z_stream stream{};
  deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string input_of(char form, std::string const& labels, std::string const& images) {
  return std::string{form, static_cast<char>(labels.size() >> 8), static_cast<char>(labels.size())} + labels + images;
}

std::string pixels(std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) bytes += static_cast<char>(i * 7);
  return bytes;
}

/// Every picture as it is drawn, one after the other.
std::string drawn(image::IdxFiles const& files) {
  std::string all;
  std::vector<std::uint8_t> picture(side * side);
  for (std::size_t i = 0; i < files.num(); ++i) {
    files.draw(i, picture);
    all.append(picture.begin(), picture.end());
  }
  return all;
}

}  // namespace

std::vector<std::string> seeds() {
  using namespace std::string_literals;
  auto const labels = header({3}) + "\0\4\1"s;
  return {input_of('\0', labels, header({3, 8, 8}) + pixels(192)), input_of('\1', labels, header({3, 3, 5}) + pixels(45)),
          input_of('\0', labels, packed(header({3, 1, 8}) + pixels(24))), input_of('\0', packed(labels), header({3, 1, 1}) + "abc")};
}

void attempt(std::string_view input) {
  Pieces pieces(input);
  bool const is_packed = pieces.below(2) == 1;
  auto const label_bytes = pieces.text(static_cast<std::size_t>(pieces.number(2)));
  auto const images = scratch_file("images", is_packed ? packed(pieces.rest()) : std::string(pieces.rest()));
  image::IdxFiles const files(images, scratch_file("labels", label_bytes), side, num_classes);
  auto const squares = drawn(files);
  std::string labels;
  for (auto const label : files.labels()) {
    require(label >= 0 && label < num_classes, "a label that is none");
    labels += static_cast<char>(label);
  }
  image::IdxFiles const again(scratch_file("images-again", header({files.num(), side, side}) + squares),
                              scratch_file("labels-again", packed(header({files.num()}) + labels)), side, num_classes);
  require(again.labels() == files.labels() && drawn(again) == squares, "what is written is read otherwise");
}

}  // namespace apq::fuzz
