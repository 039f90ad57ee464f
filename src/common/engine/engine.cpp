#include "common/engine/engine.hpp"

#include <fmt/format.h>

#include "common/core/error.hpp"
#ifdef APQ_HAS_ONEDNN
#include "common/engine/onednn/onednn_engine.hpp"
#endif

namespace apq::net {

std::unique_ptr<Engine> make_engine(engine::EngineKind kind, int node_rank) {
  using engine::EngineKind;
  switch (engine::resolved(kind)) {
    case EngineKind::cuda:
      return make_cuda_engine(node_rank);
    case EngineKind::onednn:
#ifdef APQ_HAS_ONEDNN
      if (engine::why_not_onednn().empty()) return make_onednn_engine();
#endif
      throw Error(Errc::config,
                  fmt::format("evaluator.engine: onednn cannot be used, {}; use reference, or auto", engine::why_not_onednn()));
    case EngineKind::automatic:
    case EngineKind::reference:
      break;
  }
  return make_reference_engine();
}

}  // namespace apq::net
