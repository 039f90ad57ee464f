#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/checkpoint/stored_tensor.hpp"

namespace apq::checkpoint {

inline constexpr std::size_t max_safetensors_header = 100'000'000;  ///< bytes, as the format's own reader has it

/// True for what begins as a file of safetensors: the size of a header, little-endian in 8 bytes, then an object of JSON.
bool is_safetensors(std::string_view content);

/// The tensors of such a file, parts of `content`, in the order of their bytes. They must fill all that follows the header, each as many
/// bytes as its shape and type take.
/// @throws Error(data) starting with `source`; JsonError for a header that is not sound JSON.
std::vector<StoredTensor> read_safetensors(std::string_view content, std::string const& source);

}  // namespace apq::checkpoint
