#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/checkpoint/stored_tensor.hpp"

namespace apq::checkpoint {

/// A file of weights as it lies there. Its tensors are parts of the content that was given.
struct WeightFile {
  std::string kind;                     ///< "torch.save (zip)", "torch.save (before PyTorch 1.6)" or "safetensors"
  std::size_t size = 0;                 ///< bytes
  std::string key;                      ///< of the state dict taken: "state_dict", "ema.model", "." for the file's own dictionary
  std::vector<std::string> other_keys;  ///< of the first of the state dicts that were not taken
  std::size_t num_others = 0;
  std::vector<std::string> unread;  ///< the first of what lies beside the tensors, "args (an object of argparse.Namespace)"
  std::size_t num_unread = 0;
  std::vector<StoredTensor> tensors;  ///< by name, each name once
};

/// Understands a file: of torch.save (the zip of PyTorch >= 1.6 and the older format), or of safetensors. Nothing is executed; nothing is
/// allocated for what the tensors say of themselves; what is no tensor is left unread.
/// @param content  outlives the tensors
/// @param key      of the state dict in a file of torch.save that holds several; empty: as choose_state_dict
/// @throws Error(data) starting with `name`.
WeightFile read_weight_file(std::string_view content, std::string const& name, std::string const& key = {});

}  // namespace apq::checkpoint
