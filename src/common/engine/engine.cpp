#include "common/engine/engine.hpp"

#include <fmt/format.h>

#include "common/core/error.hpp"
#ifdef APQ_HAS_ONEDNN
#include "common/engine/onednn/onednn_engine.hpp"
#endif

namespace apq::engine {

std::unique_ptr<Engine> make_engine(EngineKind kind, int node_rank) {
  switch (resolved(kind)) {
    case EngineKind::cuda:
      return make_cuda_engine(node_rank);
    case EngineKind::onednn:
#ifdef APQ_HAS_ONEDNN
      if (why_not_onednn().empty()) return make_onednn_engine();
#endif
      throw Error(Errc::config, fmt::format("evaluator.engine: onednn cannot be used, {}; use reference, or auto", why_not_onednn()));
    case EngineKind::automatic:
    case EngineKind::reference:
      break;
  }
  return make_reference_engine();
}

}  // namespace apq::engine
