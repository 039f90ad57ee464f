#pragma once

#include <optional>
#include <string>

#include "common/h5/handle.hpp"

// Datasets and attributes of files that anybody may have made: whatever a header declares is compared with what apq writes and with the
// file's size before a byte of it is read or room is made for it. What libhdf5 itself does with a hostile header is out of reach.
namespace apq::h5 {

struct CheckedDataset {
  DatasetHandle dataset;
  TypeHandle type;            ///< of its elements, as stored
  std::size_t rows, columns;  ///< columns 0: one-dimensional
};

/// A dataset of one or two dimensions that lies in the file itself: reached by no soft or external link, stored neither virtually nor
/// outside, behind no filter, and no larger than the file. @param file_name  for messages. @throws Error(data).
CheckedDataset checked_dataset(hid_t file, std::string const& file_name, std::string const& name);

/// An attribute of the file's root with exactly one element.
struct CheckedAttribute {
  AttributeHandle attribute;
  TypeHandle type;
};
CheckedAttribute checked_attribute(hid_t file, std::string const& file_name, std::string const& name);

}  // namespace apq::h5
