#include "common/engine/engine.hpp"

#include <fmt/format.h>

#include "common/core/error.hpp"
#ifdef APQ_HAS_ONEDNN
#include "common/engine/onednn/onednn_engine.hpp"
#endif

namespace apq::net {
namespace {

/// Empty where the oneDNN engine can be used.
std::string why_not_onednn() {
#ifdef APQ_HAS_ONEDNN
  return onednn_has_exact_integers() ? "" : "this processor has no exact 8-bit products (AVX-512 VNNI or AVX-VNNI)";
#else
  return "it was not there when apq was built (Debian: libdnnl-dev)";
#endif
}

}  // namespace

std::string engine_kind(std::string const& name) {
  if (name != "auto") return name;
  return why_not_onednn().empty() ? "onednn" : "reference";
}

std::unique_ptr<Engine> make_engine(std::string const& name, int node_rank) {
  auto const kind = engine_kind(name);
  if (kind == "reference") return make_reference_engine();
  if (kind == "cuda") return make_cuda_engine(node_rank);
  if (kind != "onednn")
    throw Error(Errc::config, fmt::format("evaluator.engine: {} is not one; choose auto, reference, onednn or cuda", name));
#ifdef APQ_HAS_ONEDNN
  if (why_not_onednn().empty()) return make_onednn_engine();
#endif
  throw Error(Errc::config, fmt::format("evaluator.engine: onednn cannot be used, {}; use reference, or auto", why_not_onednn()));
}

}  // namespace apq::net
