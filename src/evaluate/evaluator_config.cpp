#include "evaluate/evaluator_config.hpp"

#include "common/core/error.hpp"

namespace apq::evaluate {
namespace {

// One of the names, or "auto", which leaves it open.
template <class E, std::size_t N>
std::optional<E> read_open(Config& section, char const* key, EnumNames<E, N> const& names, Meaning meaning) {
  auto choices = names.all();
  choices.insert(choices.begin(), "auto");
  auto const name = section.choice_or(key, "auto", choices, meaning);
  return name == "auto" ? std::nullopt : names.find(name);
}

void read_quantiser(Config section, EvaluatorConfig& config) {
  auto& r = config.requested_ranges;
  r.weight_scales = read_open(section, "weights", net::weight_scales_names,
                              {"Scales of weights; auto is what the study was begun with, per_channel in a new one, and per_tensor with "
                               "fidelity: release"});
  r.weights = read_open(section, "weight_ranges", net::weight_rule_names, {"Where weights are clipped; auto likewise: mse, kl"});
  r.activations =
      read_open(section, "activation_ranges", net::activation_rule_names, {"Where a layer's inputs are clipped; auto likewise: mse, kl"});
  r.are_powers_of_two =
      section.get_or<bool>("powers_of_two", false, {"Ranges of inputs are the next power of two, as some devices demand"});
  try {
    config.ranges = r.resolved(usual_rules(config.fidelity));
  } catch (Error const& e) {
    section.fail("weight_ranges", e.what());
  }
}

}  // namespace

net::RangeRules usual_rules(net::FidelityKind fidelity) {
  return fidelity == net::FidelityKind::release ? net::RangeRules{} : net::usual_range_rules;
}

EvaluatorConfig read_evaluator_config(Config section) {
  EvaluatorConfig config;
  config.batch =
      section.get_or<int>("batch", config.batch, {1, 100'000},
                          {"Images of a forward pass; labels depend on it, because another blocking rounds differently", "images"});
  config.calibration_batch =
      section.get_or<int>("calibration_batch", config.calibration_batch, {1, 100'000},
                          {"Images of a calibration batch; the first one also sets the activation ranges", "images"});
  config.fidelity =
      section.choice_or("fidelity", config.fidelity, net::fidelity_kind_names,
                        {"How quantised networks compute: as intended, or with the released code's slips (docs/fidelity.md)"});
  config.engine =
      section.choice_or("engine", config.engine, engine::engine_kind_names,
                        {"What executes subnets; auto is the fastest on this machine's processor, and labels depend on which it is"});
  config.instructions =
      section.choice_or("instructions", config.instructions, engine::instruction_set_names,
                        {"Instruction set that oneDNN may use; labels depend on it (docs/labels.md); auto is what the study "
                         "was begun with, at its beginning the best that all ranks have"});
  read_quantiser(section.section("quantiser", {"Scales of quantised layers (docs/quantiser.md)"}), config);
  return config;
}

}  // namespace apq::evaluate
