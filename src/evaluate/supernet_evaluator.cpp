#include "evaluate/supernet_evaluator.hpp"

#include <map>
#include <optional>

#include <fmt/format.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/engine/calibration.hpp"
#include "common/engine/evaluate.hpp"
#include "common/mpi/collectives.hpp"
#include "common/net/supernet_file.hpp"

namespace apq::evaluate {

std::string engine_name(EvaluatorConfig const& config) { return engine::make_engine(config.engine, config.node_rank)->name(); }

struct SupernetEvaluator::State {
  net::Supernet supernet;
  std::string hash;
  image::Split calibration, evaluation;
  image::Normalisation normalisation;
  EvaluatorConfig config;
  engine::Calibration calibrated;
  std::unique_ptr<engine::Engine> engine;
  std::optional<space::Subnet> last_architecture;  // its quantised versions start from the same statistics
  engine::NormBuffers last_norms;
  struct Batches {
    engine::LabelledBatches calibration, evaluation;
  };
  std::map<int, Batches> by_size;

  // Made when the size is first asked for; what is kept of them in float, or on a device, is bounded over all sizes.
  Batches const& at_size(int size) {
    if (auto const found = by_size.find(size); found != by_size.end()) return found->second;
    auto const num_sizes = 1 + evaluation.smaller.size();
    auto const most_bytes_kept = (std::size_t{64} << 20) / num_sizes, most_device_bytes = (std::size_t{4} << 30) / num_sizes;
    auto batches = [&](image::Split const& split, int batch) {
      if (split.size() == 0) return engine::LabelledBatches{};
      auto const sized = split.at_size(size);
      if (!sized)
        throw Error(Errc::config,
                    fmt::format("the {} images were not loaded at {}x{} pixels, which this subnet takes", split.name, size, size));
      return engine::make_batches(*sized, static_cast<std::size_t>(batch), normalisation, most_bytes_kept, engine->device(),
                                  most_device_bytes);
    };
    return by_size.emplace(size, Batches{batches(calibration, config.calibration_batch), batches(evaluation, config.batch)}).first->second;
  }
  engine::Enough is_enough;  // empty: never
};

SupernetEvaluator::SupernetEvaluator(space::SearchSpace const& space, std::filesystem::path const& supernet,
                                     image::Split const& calibration, image::Split const& evaluation, image::DataConfig const& data,
                                     EvaluatorConfig const& config, StoppingRule const& sequential)
    : SupernetEvaluator(net::parse_supernet(space, read_file(supernet), supernet.string()), calibration, evaluation, data, config,
                        sequential) {}

SupernetEvaluator::SupernetEvaluator(net::Supernet supernet, image::Split const& calibration, image::Split const& evaluation,
                                     image::DataConfig const& data, EvaluatorConfig const& config, StoppingRule const& sequential)
    : state_(std::make_unique<State>()) {
  at::set_num_threads(1);
  state_->engine = engine::make_engine(config.engine, config.node_rank);
  state_->supernet = std::move(supernet);
  state_->hash = state_->supernet.hash();
  state_->calibration = calibration;
  state_->evaluation = evaluation;
  state_->normalisation = data.normalisation;
  state_->config = config;
  if (evaluation.decoded && evaluation.smaller.empty()) state_->at_size(evaluation.decoded->size);
  state_->calibrated = {net::fidelity_of(config.fidelity), config.ranges};
  if (sequential.is_on())
    state_->is_enough = [sequential](engine::EvaluationCounts const& counts) { return sequential.is_enough(counts.correct, counts.total); };
}

SupernetEvaluator::~SupernetEvaluator() = default;

Label SupernetEvaluator::evaluate(space::Subnet const& subnet, std::uint64_t) {
  at::NoGradGuard const no_grad;
  auto net = net::slice(state_->supernet, subnet, state_->calibrated.fidelity);
  auto const& batches = state_->at_size(subnet.image_size > 0 ? subnet.image_size : state_->evaluation.decoded->size);
  auto architecture = subnet;
  architecture.bits.reset();
  if (state_->last_architecture != architecture) {
    state_->last_architecture = std::move(architecture);
    state_->last_norms.clear();
  }
  engine::prepare(net, batches.calibration.images, state_->calibrated, *state_->engine, &state_->last_norms);
  auto const counts = engine::evaluate(*state_->engine->compile(net), batches.evaluation, state_->is_enough);
  return {counts.correct, counts.correct5, counts.total, counts.loss_sum / counts.total};
}

std::string SupernetEvaluator::engine() const { return state_->engine->name(); }
std::string const& SupernetEvaluator::supernet_hash() const { return state_->hash; }

std::vector<std::string> gpus_held(EvaluatorConfig const& config) {
  auto const index = static_cast<std::size_t>(config.node_rank);
  if (config.engine != engine::EngineKind::cuda || index >= at::getNumGPUs()) return {};
  // CUDA counts what it is shown; the driver counts all.
  char const* const shown = std::getenv("CUDA_VISIBLE_DEVICES");
  if (shown == nullptr) return {std::to_string(index)};
  std::istringstream names(shown);
  std::string name;
  for (std::size_t i = 0; i <= index; ++i) std::getline(names, name, ',');
  return {name};
}

net::Supernet supernet_of_root(mpi::Communicator const& comm, space::SearchSpace const& space, std::filesystem::path const& file) {
  std::string content;
  mpi::collectively(comm, [&] {
    if (comm.is_root()) content = read_file(file);
  });
  content = mpi::broadcast(comm, std::move(content));
  net::Supernet supernet;
  mpi::collectively(comm, [&] { supernet = net::parse_supernet(space, content, file.string()); });
  return supernet;
}

std::string supernet_hash(space::SearchSpace const& space, std::filesystem::path const& supernet) {
  return net::load_supernet(space, supernet).hash();
}

}  // namespace apq::evaluate
