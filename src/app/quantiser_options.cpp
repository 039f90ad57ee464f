#include "app/quantiser_options.hpp"

namespace apq::app {
namespace {

template <class T, class E, std::size_t N>
CLI::Option* add_named(CLI::App& app, char const* name, T& value, EnumNames<E, N> const& names, char const* meaning) {
  return app
      .add_option_function<std::string>(
          name, [&value, &names](std::string const& text) { value = *names.find(text); }, meaning)
      ->check(CLI::IsMember(names.all()));
}

}  // namespace

void add_quantiser_options(CLI::App& app, evaluate::EvaluatorConfig& config) {
  auto& r = config.requested_ranges;
  add_named(app, "--fidelity", config.fidelity, net::fidelity_kind_names, "Quantiser behaviour (default: corrected)");
  add_named(app, "--weight-scales", r.weight_scales, net::weight_scales_names,
            "Scales of quantised weights (default: per_channel; per_tensor with release)");
  add_named(app, "--weight-ranges", r.weights, net::weight_rule_names, "Where weights are clipped (default: mse; kl with release)");
  add_named(app, "--activation-ranges", r.activations, net::activation_rule_names,
            "Where a layer's inputs are clipped (default: mse; kl with release)");
  app.add_flag("--powers-of-two", r.are_powers_of_two, "Ranges of inputs are the next power of two");
}

void settle_ranges(evaluate::EvaluatorConfig& config) {
  config.ranges = config.requested_ranges.resolved(evaluate::usual_rules(config.fidelity));
}

}  // namespace apq::app
