#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "common/checkpoint/weight_file.hpp"

namespace apq::checkpoint {

/// Tensors by name, as PyTorch's Module.state_dict() gives them; here sorted by name.
using StateDict = std::map<std::string, at::Tensor>;

/// The tensors of a file of weights (weight_file.hpp): what torch.save wrote, in both of its formats, and safetensors. They come contiguous
/// on the CPU, in the type they were saved in; together they take no more than 8 times the file's size and 1 MiB.
///
/// LibTorch's own pickle_load stops at the OrderedDict's attributes and at CUDA storages, and its reader of zips inflates what a record
/// claims, hence own readers; they never run code, and every view is checked against its storage.
/// @throws Error(io) when the file cannot be opened, Error(data) naming file and fault otherwise.
StateDict load_state_dict(std::filesystem::path const& file);
/// The same of a file's content, which another rank may have read. @throws Error(data) starting with `name`.
StateDict parse_state_dict(std::string_view content, std::string const& name);
/// The same of a file that has been understood already.
StateDict tensors_of(WeightFile const& file, std::string const& name);

enum class DictLayout {
  bare,    ///< the state dict itself
  wrapped  ///< {'state_dict': it}, as the release and once-for-all do
};

/// Writes an OrderedDict in the zip format, readable with torch.load(file, weights_only=True). The
/// same tensors give the same bytes with the same LibTorch. Replaces the file whole.
/// @throws Error(io); Error(data) for a tensor type that torch.save of 2020 had no name for.
void save_state_dict(std::filesystem::path const& file, StateDict const& dict, DictLayout layout = DictLayout::bare);

using Shapes = std::map<std::string, std::vector<std::int64_t>>;

/// @throws Error(data) starting with `source` that lists every missing, unexpected and mis-shaped
/// key, with the number of each kind.
void require_match(Shapes const& expected, StateDict const& dict, std::string const& source);

}  // namespace apq::checkpoint
