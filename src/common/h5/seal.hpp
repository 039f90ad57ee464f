#pragma once

#include <string>

// HDF5 trusts its files: one wrong byte can make the library loop for ever or divide by zero (seen
// with 1.10.8). So apq's files end with a SHA-256 of all bytes before it, and none is given to the
// library unless that is right. HDF5 and h5py ignore bytes after the file's own end.
namespace apq::h5 {

/// `image` with its seal appended.
std::string sealed(std::string image);

/// The image without its seal. @throws Error(data) starting with `name` when the seal is missing
/// (cut off, not written by apq) or does not fit the bytes.
std::string unsealed(std::string bytes, std::string const& name);

}  // namespace apq::h5
