#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

namespace apq::checkpoint {

/// Tensors by name, as PyTorch's Module.state_dict() gives them; here sorted by name.
using StateDict = std::map<std::string, at::Tensor>;

/// Reads what torch.save wrote: a bare state dict, or a dict that holds one under "state_dict".
/// Both file formats, the zip of PyTorch >= 1.6 and the older one. Tensors come contiguous on the
/// CPU, in the type they were saved in.
///
/// LibTorch's own pickle_load stops at the OrderedDict's attributes and at CUDA storages, hence an
/// own reader; it builds tensors only, never runs code, and checks every view against its storage.
/// @throws Error(io) when the file cannot be opened, Error(data) naming file and fault otherwise.
StateDict load_state_dict(std::filesystem::path const& file);
/// The same of a file's content, which another rank may have read. @throws Error(data) starting with `name`.
StateDict parse_state_dict(std::string_view content, std::string const& name);

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
