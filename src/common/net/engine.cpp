#include "common/net/engine.hpp"

#include <fmt/format.h>

#include "common/core/error.hpp"
#ifdef APQ_HAS_ONEDNN
#include "common/net/onednn/onednn_engine.hpp"
#endif

namespace apq::net {

std::unique_ptr<Engine> make_engine(std::string const& name) {
  if (name == "reference") return make_reference_engine();
  if (name != "auto" && name != "onednn")
    throw Error(Errc::config, fmt::format("evaluator.engine: {} is not one; choose auto, reference or onednn", name));
#ifdef APQ_HAS_ONEDNN
  if (onednn_has_exact_integers()) return make_onednn_engine();
  std::string const why = "this processor has no exact 8-bit products (AVX-512 VNNI or AVX-VNNI)";
#else
  std::string const why = "it was not there when apq was built (Debian: libdnnl-dev)";
#endif
  if (name == "auto") return make_reference_engine();
  throw Error(Errc::config, fmt::format("evaluator.engine: {} cannot be used, {}; use reference, or auto", name, why));
}

}  // namespace apq::net
