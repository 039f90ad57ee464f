#include "common/engine/instructions.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

#include <fmt/format.h>
#ifdef APQ_HAS_ONEDNN
#include <oneapi/dnnl/dnnl.hpp>
#endif

namespace apq::engine {
namespace {

enum Feature : Features { sse41 = 1, avx = 2, avx2 = 4, avx512 = 8, avx512_vnni = 16, amx = 32, avx_vnni = 64 };

struct Needs {
  Feature feature;
  std::string_view flags;  // all of them, as /proc/cpuinfo calls them
};
constexpr std::array needs_of_features{Needs{sse41, "sse4_1"},
                                       Needs{avx, "avx"},
                                       Needs{avx2, "avx2"},
                                       Needs{avx512, "avx512f avx512bw avx512vl avx512dq"},
                                       Needs{avx512_vnni, "avx512_vnni"},
                                       Needs{amx, "avx512_bf16 amx_tile amx_int8 amx_bf16"},
                                       Needs{avx_vnni, "avx_vnni"}};

struct Row {
  InstructionSet set;
  Features needs;
};
// Worst first.
constexpr std::array rows{Row{InstructionSet::sse41, sse41},
                          Row{InstructionSet::avx, sse41 | avx},
                          Row{InstructionSet::avx2, sse41 | avx | avx2},
                          Row{InstructionSet::avx512_core, sse41 | avx | avx2 | avx512},
                          Row{InstructionSet::avx2_vnni, sse41 | avx | avx2 | avx_vnni},
                          Row{InstructionSet::avx512_core_vnni, sse41 | avx | avx2 | avx512 | avx512_vnni},
                          Row{InstructionSet::avx512_core_amx, sse41 | avx | avx2 | avx512 | avx512_vnni | amx}};

Features needs_of(InstructionSet set) {
  auto const* const row = std::find_if(rows.begin(), rows.end(), [&](Row const& r) { return r.set == set; });
  return row == rows.end() ? 0 : row->needs;
}

bool holds_all(std::string_view flags, std::string_view wanted) {
  auto const padded = fmt::format(" {} ", flags);
  std::istringstream words{std::string(wanted)};
  for (std::string word; words >> word;)
    if (padded.find(fmt::format(" {} ", word)) == std::string::npos) return false;
  return true;
}

// oneDNN's variable takes its names in capitals; sets for other types than ours are the greatest of ours below them.
Features allowed_by(std::string_view limit) {
  std::string name(limit);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  if (name == "avx2_vnni_2") name = "avx2_vnni";
  if (name == "avx512_core_bf16" || name == "avx512_core_fp16") name = "avx512_core_vnni";
  auto const set = instruction_set_names.find(name);
  auto const needs = set ? needs_of(*set) : 0;
  return needs == 0 ? ~Features{0} : needs;
}

}  // namespace

Features features_of(std::string_view flags, std::string_view limit) {
  Features features = 0;
  for (auto const& needs : needs_of_features)
    if (holds_all(flags, needs.flags)) features |= needs.feature;
  return features & allowed_by(limit);
}

bool has(Features features, InstructionSet set) {
  if (set == InstructionSet::generic) return best_of(features) == set;
  auto const needs = needs_of(set);
  return needs != 0 && (features & needs) == needs;
}

InstructionSet best_of(Features features) {
  auto const row = std::find_if(rows.rbegin(), rows.rend(), [&](Row const& r) { return (features & r.needs) == r.needs; });
  return row == rows.rend() ? InstructionSet::generic : row->set;
}

#ifdef APQ_HAS_ONEDNN

namespace {

// None where the library is to choose; the name of that differs by version.
std::optional<dnnl::cpu_isa> isa_of(InstructionSet set) {
  switch (set) {
    case InstructionSet::sse41:
      return dnnl::cpu_isa::sse41;
    case InstructionSet::avx:
      return dnnl::cpu_isa::avx;
    case InstructionSet::avx2:
      return dnnl::cpu_isa::avx2;
    case InstructionSet::avx512_core:
      return dnnl::cpu_isa::avx512_core;
    case InstructionSet::avx2_vnni:
      return dnnl::cpu_isa::avx2_vnni;
    case InstructionSet::avx512_core_vnni:
      return dnnl::cpu_isa::avx512_core_vnni;
    case InstructionSet::avx512_core_amx:
      return dnnl::cpu_isa::avx512_core_amx;
    case InstructionSet::automatic:
    case InstructionSet::generic:
      break;
  }
  return std::nullopt;
}

std::string environment(char const* name) {
  auto const* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Features features_of_machine() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  std::string line;
  while (std::getline(cpuinfo, line) && !line.starts_with("flags"))
    ;
  auto const limit = environment("ONEDNN_MAX_CPU_ISA");
  return features_of(line, limit.empty() ? environment("DNNL_MAX_CPU_ISA") : limit);
}

}  // namespace

Features features_here() {
  static auto const features = features_of_machine();
  return features;
}

void use(InstructionSet set) {
  if (auto const isa = isa_of(set)) (void)dnnl::set_max_cpu_isa(*isa);
}

InstructionSet in_use() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::sse41:
      return InstructionSet::sse41;
    case dnnl::cpu_isa::avx:
      return InstructionSet::avx;
    case dnnl::cpu_isa::avx2:
      return InstructionSet::avx2;
    case dnnl::cpu_isa::avx512_core:
      return InstructionSet::avx512_core;
    case dnnl::cpu_isa::avx2_vnni:
#if DNNL_VERSION_MAJOR >= 3
    case dnnl::cpu_isa::avx2_vnni_2:
#endif
      return InstructionSet::avx2_vnni;
    case dnnl::cpu_isa::avx512_core_vnni:
    case dnnl::cpu_isa::avx512_core_bf16:
#if DNNL_VERSION_MAJOR >= 3
    case dnnl::cpu_isa::avx512_core_fp16:
#endif
      return InstructionSet::avx512_core_vnni;
    case dnnl::cpu_isa::avx512_core_amx:
#if DNNL_VERSION_MAJOR >= 3
    case dnnl::cpu_isa::avx512_core_amx_fp16:
#endif
      return InstructionSet::avx512_core_amx;
    default:
      return InstructionSet::generic;
  }
}

#else

Features features_here() { return 0; }
void use(InstructionSet) {}
InstructionSet in_use() { return InstructionSet::generic; }

#endif

}  // namespace apq::engine
