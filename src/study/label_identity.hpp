#pragma once

#include <map>
#include <string>

#include "common/h5/shard.hpp"
#include "common/image/image_set.hpp"
#include "study/experiment.hpp"

namespace apq::study {

/// A split as identities and stamps name it: "2400 images FINGERPRINT".
std::string described(image::Split const& split);

/// Everything but the subnet and the supernet's weights that a label of "fp" or "quant" depends on, by the name that messages use. Local.
std::map<std::string, std::string> label_conditions(Experiment const& experiment, std::string const& stage, image::Splits const& splits);

/// The header of the shards that a collection writes; its identity holds the conditions, and the weights as "supernet". Local.
/// @param weights  evaluate::supernet_hash of the experiment's supernet
h5::ShardHeader shard_header(Experiment const& experiment, std::string const& stage, image::Splits const& splits,
                             std::string const& weights);

}  // namespace apq::study
