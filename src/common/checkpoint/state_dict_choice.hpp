#pragma once

#include <string>
#include <vector>

#include "common/checkpoint/pickle_reader.hpp"

// Which of the dictionaries in a checkpoint is the state dict.
namespace apq::checkpoint {

/// A dictionary with tensors among its values.
struct StateDictPlace {
  std::vector<std::string const*> path;  ///< keys from the outermost dictionary on, the document's; none: that itself
  pickle::Dict const* dict = nullptr;
  std::size_t num_tensors = 0;
  std::string key() const;  ///< the path with points between, "." for the outermost dictionary
};

/// All state dicts of a checkpoint, from the outermost dictionary to those two levels further in; each dictionary once, by its first path.
/// An empty outermost dictionary is one of no tensors.
std::vector<StateDictPlace> state_dicts_in(pickle::Value const& root);

/// The one that `key` names; where it is empty:
///   - the usual names, the outermost first, then in this order: state_dict, model_state_dict, model_state, model, module, net, network,
///     weights, params;
///   - else the one with most tensors.
/// @throws Error(data) starting with `source`: there is none (naming what is there instead), none of that key, or two could be meant
///         (naming those there).
StateDictPlace const& choose_state_dict(std::vector<StateDictPlace> const& places, pickle::Value const& root, std::string const& key,
                                        std::string const& source);

/// A value in a word or two: "a number", "an object of argparse.Namespace".
std::string kind_of(pickle::Value const& value);

}  // namespace apq::checkpoint
