#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/checkpoint/weight_file.hpp"

namespace apq::checkpoint {

/// How a file of weights was understood, to be said; holds nothing of the file.
struct Reading {
  struct Sample {
    std::string name;
    std::vector<std::int64_t> shape;
    std::string type;
  };
  std::string kind, key, prefix;  ///< of WeightFile, and what all names begin with that is taken off (key_prefix.hpp)
  std::vector<std::string> other_keys, unread;
  std::size_t num_others = 0, num_unread = 0, num_tensors = 0;
  std::vector<Sample> first;  ///< tensors, up to three, by name
};
Reading reading_of(WeightFile const& file);

/// One line without an end: "a.pth: read as: torch.save (zip), state dict model (there is also model_ema), 154 tensors, prefix module.
/// taken off; left unread: epoch (a number)". Printable.
std::string reading_text(std::string const& file, Reading const& reading);
/// A line for each of the first tensors: name, shape, type. Printable.
std::string first_tensors_text(Reading const& reading);
nlohmann::ordered_json reading_json(Reading const& reading);

}  // namespace apq::checkpoint
