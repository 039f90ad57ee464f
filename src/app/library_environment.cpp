#include "app/library_environment.hpp"

#include <array>
#include <cstdlib>
#include <string_view>

namespace apq::app {
namespace {

struct Variable {
  char const* name;
  char const* value;
};
constexpr std::array threads{Variable{"OMP_NUM_THREADS", "1"}, Variable{"OPENBLAS_NUM_THREADS", "1"}, Variable{"MKL_NUM_THREADS", "1"},
                             Variable{"BLIS_NUM_THREADS", "1"}};
constexpr std::array kernels{Variable{"ATEN_CPU_CAPABILITY", "avx2"}, Variable{"OPENBLAS_CORETYPE", "Haswell"}};

bool has_avx2() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return false;
#endif
}

bool set(Variable const& variable) {
  auto const* const before = std::getenv(variable.name);
  if (before != nullptr && std::string_view(before) == variable.value) return false;
  ::setenv(variable.name, variable.value, 1);
  return true;
}

}  // namespace

bool fix_library_environment() {
  bool changed = false;
  for (auto const& variable : threads) changed |= set(variable);
  if (has_avx2())
    for (auto const& variable : kernels) changed |= set(variable);
  return changed;
}

}  // namespace apq::app
