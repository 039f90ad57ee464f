#pragma once

#include <string>

namespace apq::engine {

/// Which of their kernels LibTorch and BLAS use in this process, e.g. "ATen AVX2, OpenBLAS Haswell": they round differently, so that labels
/// depend on it (docs/labels.md). The library's file where the BLAS does not say.
std::string kernels_name();

}  // namespace apq::engine
