// JPEG pictures.
#include "fuzz/picture_oracle.hpp"

namespace apq::fuzz {

std::vector<std::string> seeds() {
  return {test::jpeg_file(test::sharp_picture(20, 15), 20, 15, 3), test::jpeg_file(test::smooth_picture(33, 20, 1), 33, 20, 1),
          test::jpeg_file(test::smooth_picture(17, 20, 4), 17, 20, 4)};
}

void attempt(std::string_view input) { decode_checked(input); }

}  // namespace apq::fuzz
