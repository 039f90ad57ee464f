#include "collect/supernet_evaluator.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/version.h>

#include "common/core/error.hpp"
#include "common/net/calibration.hpp"
#include "common/net/evaluate.hpp"

namespace apq::collect {

EvaluatorConfig read_evaluator_config(Config section) {
  EvaluatorConfig config;
  config.batch = section.get_or<int>("batch", config.batch, {1, 100'000});
  config.calibration_batch = section.get_or<int>("calibration_batch", config.calibration_batch, {1, 100'000});
  config.fidelity = section.choice_or("fidelity", config.fidelity, {"corrected", "release"});
  config.engine = section.choice_or("engine", config.engine, {"reference"});
  return config;
}

struct SupernetEvaluator::State {
  net::Supernet supernet;
  std::string hash;
  net::LabelledBatches calibration, evaluation;
  net::Fidelity fidelity;
  net::Enough is_enough;  // empty: never
};

SupernetEvaluator::SupernetEvaluator(space::SearchSpace const& space, std::filesystem::path const& supernet,
                                     image::Split const& calibration, image::Split const& evaluation,
                                     image::DataConfig const& data, EvaluatorConfig const& config,
                                     StoppingRule const& sequential)
    : state_(std::make_unique<State>()) {
  at::set_num_threads(1);
  state_->supernet = net::load_supernet(space, supernet);
  state_->hash = state_->supernet.hash();
  state_->calibration = net::make_batches(calibration, static_cast<std::size_t>(config.calibration_batch), data.normalisation);
  state_->evaluation = net::make_batches(evaluation, static_cast<std::size_t>(config.batch), data.normalisation);
  state_->fidelity = config.fidelity == "release" ? net::release_fidelity() : net::corrected_fidelity();
  if (sequential.is_on())
    state_->is_enough = [sequential](net::EvaluationCounts const& counts) { return sequential.is_enough(counts.correct, counts.total); };
}

SupernetEvaluator::~SupernetEvaluator() = default;

Label SupernetEvaluator::evaluate(space::Subnet const& subnet, std::uint64_t) {
  at::NoGradGuard const no_grad;
  auto net = net::slice(state_->supernet, subnet, state_->fidelity);
  net::prepare(net, state_->calibration.images, state_->fidelity);
  auto const counts = net::evaluate(net, state_->evaluation, state_->is_enough);
  return {counts.correct, counts.correct5, counts.total, counts.loss_sum / counts.total};
}

std::string SupernetEvaluator::engine() const { return fmt::format("reference (LibTorch {})", TORCH_VERSION); }
std::string const& SupernetEvaluator::supernet_hash() const { return state_->hash; }

std::string supernet_hash(space::SearchSpace const& space, std::filesystem::path const& supernet) {
  return net::load_supernet(space, supernet).hash();
}

}  // namespace apq::collect
