#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace apq::energy {

/// One processor package as Linux's powercap tree shows it (kernel: Documentation/power/powercap).
struct RaplPackage {
  std::string name;                 ///< "package-0"
  std::filesystem::path directory;  ///< holds energy_uj
  std::uint64_t range_uj = 0;       ///< max_energy_range_uj, where the counter starts again at 0; 0: not told
};

/// Packages whose counter can be read now, one per name, by name. Their subdomains (core, uncore)
/// are part of the package and `psys` contains it, so neither is taken; a package that
/// intel-rapl-mmio shows once more counts once. Empty when the tree is absent or not readable (the
/// counters are root's by default since Linux 5.10).
std::vector<RaplPackage> find_rapl_packages(std::filesystem::path const& powercap);

/// Why there is none of them, for a sentence: "/sys/class/powercap/intel-rapl:0/energy_uj: Permission denied"; empty: there is one.
std::string why_no_rapl(std::filesystem::path const& powercap);

/// What no package draws: a counter that fell, and would have counted more since had it wrapped, began anew.
inline constexpr double most_watts_of_a_package = 5000;

/// Energy between two readings of a counter that starts again at 0 after `range_uj`. A decrease that no wrap can explain (range unknown, or
/// smaller than `before`, or more than most_watts_of_a_package over `seconds`) counts as 0: too little is claimed rather than too much.
std::uint64_t rapl_delta_uj(std::uint64_t before, std::uint64_t after, std::uint64_t range_uj, double seconds);

/// Joules since construction, summed over the packages. A counter wraps after some minutes at full
/// load, so `update` must be called more often than that.
class RaplCounter {
 public:
  explicit RaplCounter(std::vector<RaplPackage> packages);
  /// Reads the counters. A reading that fails leaves that package's energy as it was and marks the
  /// total incomplete. A decrease that counts as 0 is told once.
  /// @param now_s  since construction
  void update(double now_s);
  double joules() const { return static_cast<double>(total_uj_) * 1e-6; }
  bool is_complete() const { return complete_; }

 private:
  std::vector<RaplPackage> packages_;
  std::vector<std::uint64_t> last_uj_;
  std::uint64_t total_uj_ = 0;
  bool complete_ = true, has_told_ = false;
  double updated_s_ = 0;
};

}  // namespace apq::energy
