#include "common/net/engine.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/core/error.hpp"
#ifdef APQ_HAS_ONEDNN
#include "common/net/onednn/onednn_engine.hpp"
#endif

namespace apq::net {
namespace {

bool has_only_relu6(space::SearchSpace const& space) {
  using space::Activation;
  return space.stem_activation == Activation::relu6 && space.first_block_activation == Activation::relu6 && space.head_activation == Activation::relu6 &&
         std::all_of(space.stages.begin(), space.stages.end(),
                     [](space::Stage const& stage) { return stage.activation == Activation::relu6 && !stage.squeeze_excite; });
}

/// Empty where the oneDNN engine can be used.
std::string why_not_onednn(space::SearchSpace const& space) {
#ifdef APQ_HAS_ONEDNN
  if (!has_only_relu6(space)) return "it knows ReLU6 alone, no squeeze-excite and no other activations";
  return onednn_has_exact_integers() ? "" : "this processor has no exact 8-bit products (AVX-512 VNNI or AVX-VNNI)";
#else
  static_cast<void>(space);
  return "it was not there when apq was built (Debian: libdnnl-dev)";
#endif
}

}  // namespace

std::string engine_kind(std::string const& name, space::SearchSpace const& space) {
  if (name != "auto") return name;
  return why_not_onednn(space).empty() ? "onednn" : "reference";
}

std::unique_ptr<Engine> make_engine(std::string const& name, space::SearchSpace const& space, int node_rank) {
  auto const kind = engine_kind(name, space);
  if (kind == "reference") return make_reference_engine();
  if (kind == "cuda") return make_cuda_engine(node_rank);
  if (kind != "onednn") throw Error(Errc::config, fmt::format("evaluator.engine: {} is not one; choose auto, reference, onednn or cuda", name));
#ifdef APQ_HAS_ONEDNN
  if (why_not_onednn(space).empty()) return make_onednn_engine();
#endif
  throw Error(Errc::config, fmt::format("evaluator.engine: onednn cannot be used, {}; use reference, or auto", why_not_onednn(space)));
}

}  // namespace apq::net
