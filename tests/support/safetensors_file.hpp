#pragma once

#include <string>

#include "support/torch_pickle.hpp"

namespace apq::test {

/// A file of safetensors: header (JSON), then the tensors' bytes.
inline std::string safetensors_file(std::string const& header, std::string const& data) {
  return little_endian(header.size(), 8) + header + data;
}

}  // namespace apq::test
