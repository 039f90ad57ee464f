#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/core/config.hpp"
#include "common/cost/back_end.hpp"

// The back ends there are. A new model of an accelerator is a file of its own and a row of hardware_models.
namespace apq::cost {

/// Which files answer for latency and energy.
struct BackEndConfig {
  std::filesystem::path table;     ///< lookup table (the release's JSON); empty: the model alone
  std::filesystem::path hardware;  ///< accelerator YAML of the model; empty: BitFusion edge configuration
};

/// Makes a model from an accelerator's YAML, of which key `model` is read already. @throws Error(config) with file:line.
using MakeModel = std::unique_ptr<BackEnd>(Config& hardware);
MakeModel make_bitfusion_model;

struct HardwareModel {
  char const* name;  ///< value of key `model`
  MakeModel* make;
};
/// The first is the default.
inline constexpr std::array hardware_models{HardwareModel{"bitfusion", make_bitfusion_model}};

/// Key `model` and those of that model. @throws Error(config) with file:line, also for keys that it does not have.
std::unique_ptr<BackEnd> read_model(Config& hardware);

/// In the order in which they are asked: the table, if there is one, then the model, which answers for every layer.
/// @param one_image_size  true in a space of one image size: only there do a table's own names say which layer is meant.
/// @throws Error(io | data | config) naming the file when one is missing or damaged.
std::vector<std::unique_ptr<BackEnd>> make_back_ends(BackEndConfig const& config, bool one_image_size);

}  // namespace apq::cost
