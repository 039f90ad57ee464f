#pragma once

#include <map>
#include <string>

#include "common/h5/shard.hpp"
#include "common/image/image_set.hpp"
#include "study/experiment.hpp"

namespace apq::study {

/// Everything but the subnet that a label of "fp" or "quant" depends on, by the name that messages use. Local.
std::map<std::string, std::string> label_identity(Experiment const& experiment, std::string const& stage, image::Splits const& splits);

/// The header of the shards that a collection writes. Local.
h5::ShardHeader shard_header(Experiment const& experiment, std::string const& stage, image::Splits const& splits);

}  // namespace apq::study
