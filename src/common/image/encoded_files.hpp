#pragma once

#include <memory>
#include <span>

#include "common/image/picture.hpp"
#include "common/image/source.hpp"

namespace apq::image {

/// A picture at every size that is wanted.
void fit_all(Picture const& picture, std::span<Target const> targets);

/// Reads a listing whose entries are picture files, or parts of larger files that are.
std::shared_ptr<PictureReader> open_encoded_files(Listing const& listing, ImageShape const& shape);

/// Name of an entry that is a file.
std::string file_name(Listing const& listing, std::size_t index);

}  // namespace apq::image
