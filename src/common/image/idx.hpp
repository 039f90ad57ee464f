#pragma once

#include <filesystem>
#include <utility>

#include "common/image/image_set.hpp"

namespace apq::image {

/// Reads a pair of IDX files (the MNIST format; plain or gzip, told by their first bytes), centres every image on a
/// black square of `size` pixels. @throws Error(io) when a file is absent, Error(data) for a wrong magic number, a
/// truncated or overlong file, counts that disagree, images larger than `size`, or a label outside [0, num_classes).
ImageSet read_idx(std::filesystem::path const& images, std::filesystem::path const& labels, int size, int num_classes);

/// The training and the test pair of a directory, with or without `.gz`.
struct IdxDirectory {
  std::shared_ptr<ImageSet const> training, test;
};
IdxDirectory read_idx_directory(std::filesystem::path const& directory, int size, int num_classes);

}  // namespace apq::image
