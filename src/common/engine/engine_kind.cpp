#include "common/engine/engine_kind.hpp"

#ifdef APQ_HAS_ONEDNN
#include <oneapi/dnnl/dnnl.hpp>
#endif

namespace apq::engine {

EngineKind resolved(EngineKind kind) {
  if (kind != EngineKind::automatic) return kind;
  return why_not_onednn().empty() ? EngineKind::onednn : EngineKind::reference;
}

#ifdef APQ_HAS_ONEDNN

std::string why_not_onednn() { return has_exact_integers() ? "" : "this processor has no exact 8-bit products (AVX-512 VNNI or AVX-VNNI)"; }

bool has_exact_integers() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::avx2_vnni:
    case dnnl::cpu_isa::avx512_core_vnni:
    case dnnl::cpu_isa::avx512_core_bf16:
    case dnnl::cpu_isa::avx512_core_amx:
#if DNNL_VERSION_MAJOR >= 3
    case dnnl::cpu_isa::avx2_vnni_2:
    case dnnl::cpu_isa::avx512_core_fp16:
    case dnnl::cpu_isa::avx512_core_amx_fp16:
#endif
      return true;
    default:
      return false;
  }
}

#else

std::string why_not_onednn() { return "it was not there when apq was built (Debian: libdnnl-dev)"; }
bool has_exact_integers() { return false; }

#endif

}  // namespace apq::engine
