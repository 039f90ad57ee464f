#include "common/engine/kernels.hpp"

#include <filesystem>

#include <dlfcn.h>
#include <fmt/format.h>

#include <ATen/Version.h>

namespace apq::engine {
namespace {

std::string aten_capability() {
  constexpr std::string_view label = "CPU capability usage: ";
  auto const text = at::show_config();
  auto const begin = text.find(label);
  if (begin == std::string::npos) return "unknown";
  auto const start = begin + label.size();
  return text.substr(start, text.find('\n', start) - start);
}

std::string blas() {
  if (auto* const corename = dlsym(RTLD_DEFAULT, "openblas_get_corename"))
    return fmt::format("OpenBLAS {}", reinterpret_cast<char const* (*)()>(corename)());
  Dl_info info{};
  auto* const product = dlsym(RTLD_DEFAULT, "sgemm_");
  if (product == nullptr || dladdr(product, &info) == 0) return "BLAS of LibTorch";
  std::error_code ec;
  return std::filesystem::canonical(info.dli_fname, ec).filename().string();
}

}  // namespace

std::string kernels_name() { return fmt::format("ATen {}, {}", aten_capability(), blas()); }

}  // namespace apq::engine
