#pragma once

namespace apq::app {

/// Sets what BLAS, OpenMP and LibTorch read from the environment while they are loaded, so that no launcher decides how results round:
/// - one thread a rank; cores are shared out among ranks;
/// - kernels for AVX2 wherever the processor has it, which are the same on all of them; elsewhere the libraries choose.
/// @return  true when something was otherwise before: libraries that are loaded already saw that.
bool fix_library_environment();

}  // namespace apq::app
