#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/checkpoint/pickle_reader.hpp"

// The two containers that torch.save has written.
namespace apq::checkpoint {

struct TorchFile {
  std::string kind;
  pickle::Document document;
  /// The bytes of a storage, parts of the file. @throws Error(data) when it is missing, or damaged.
  std::function<std::string_view(pickle::StorageRef const&)> storage;
};

/// True for what begins as such a file.
bool is_torch_zip(std::string_view content);
bool is_torch_legacy(std::string_view content);

/// PyTorch >= 1.6: a zip with the pickle in data.pkl and one record per storage.
/// @throws Error(data) starting with `source`.
TorchFile read_torch_zip(std::string_view content, std::string const& source);
/// PyTorch < 1.6: pickles of a magic number, a protocol number, the machine, the object, the list of storage keys; then per key the number
/// of elements (int64) and the values.
TorchFile read_torch_legacy(std::string_view content, std::string const& source);

}  // namespace apq::checkpoint
