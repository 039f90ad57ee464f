#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "common/image/data_config.hpp"
#include "common/mpi/communicator.hpp"
#include "common/net/supernet.hpp"
#include "common/space/search_space.hpp"
#include "evaluate/evaluator.hpp"
#include "evaluate/evaluator_config.hpp"
#include "evaluate/stopping_rule.hpp"

namespace apq::evaluate {

/// Name of the engine that `config` means, with the library's version.
std::string engine_name(EvaluatorConfig const& config);

/// Slices a subnet out of the supernet, calibrates it on the calibration split and counts hits on an evaluation split.
/// Without calibration images the stored BN statistics serve, and quantised subnets are refused (Error(config)).
/// A subnet with an image size of its own sees images of that size: Error(config) where the splits were not decoded to it.
/// The supernet is never changed by an evaluation. One thread. A stopping rule that is on ends an evaluation after the first batch
/// with enough images.
class SupernetEvaluator : public Evaluator {
 public:
  SupernetEvaluator(net::Supernet supernet, image::Split const& calibration, image::Split const& evaluation, image::DataConfig const& data,
                    EvaluatorConfig const& config, StoppingRule const& sequential = {});
  /// Reads the supernet out of its file. @throws Error as net::load_supernet.
  SupernetEvaluator(space::SearchSpace const& space, std::filesystem::path const& supernet, image::Split const& calibration,
                    image::Split const& evaluation, image::DataConfig const& data, EvaluatorConfig const& config,
                    StoppingRule const& sequential = {});
  ~SupernetEvaluator() override;
  Label evaluate(space::Subnet const& subnet, std::uint64_t sample) override;
  std::string engine() const override;
  std::string const& supernet_hash() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// GPUs that this rank's evaluator holds, for the stage's meter: 1 on the first rank of a node that uses a GPU, 0 on those that share it
/// and without the cuda engine.
std::vector<std::string> gpus_held(EvaluatorConfig const& config);

/// The supernet of a file that root alone opens, on every rank. Any size. Collective over `comm`. @throws Error as net::load_supernet.
net::Supernet supernet_of_root(mpi::Communicator const& comm, space::SearchSpace const& space, std::filesystem::path const& file);

/// Hash of a supernet file's weights, without making an evaluator.
std::string supernet_hash(space::SearchSpace const& space, std::filesystem::path const& supernet);

}  // namespace apq::evaluate
