#include "common/energy/rapl.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "common/core/log.hpp"

namespace apq::energy {
namespace fs = std::filesystem;
namespace {

std::optional<std::uint64_t> read_number(fs::path const& file) {
  std::ifstream in(file);
  std::uint64_t value;
  if (!(in >> value)) return std::nullopt;
  return value;
}

std::string read_word(fs::path const& file) {
  std::ifstream in(file);
  std::string word;
  in >> word;
  return word;
}

}  // namespace

std::vector<RaplPackage> find_rapl_packages(fs::path const& powercap) {
  std::error_code ignored;
  std::vector<fs::path> zones;
  for (auto const& entry : fs::directory_iterator(powercap, ignored))
    if (entry.path().filename().string().starts_with("intel-rapl")) zones.push_back(entry.path());
  // "intel-rapl:0" before "intel-rapl-mmio:0", so that the first one of a name stays.
  std::sort(zones.begin(), zones.end(), std::greater<>());
  std::map<std::string, RaplPackage> packages;
  for (auto const& zone : zones) {
    auto const name = read_word(zone / "name");
    if (!name.starts_with("package-") || !read_number(zone / "energy_uj")) continue;
    packages.try_emplace(name, RaplPackage{name, zone, read_number(zone / "max_energy_range_uj").value_or(0)});
  }
  std::vector<RaplPackage> found;
  for (auto& [name, package] : packages) found.push_back(std::move(package));
  return found;
}

std::string why_no_rapl(fs::path const& powercap) {
  if (!find_rapl_packages(powercap).empty()) return {};
  std::error_code ignored;
  for (auto const& entry : fs::directory_iterator(powercap, ignored)) {
    auto const counter = entry.path() / "energy_uj";
    if (!read_word(entry.path() / "name").starts_with("package-")) continue;
    if (int const file = ::open(counter.c_str(), O_RDONLY | O_CLOEXEC); file >= 0) ::close(file);
    else
      return fmt::format("{}: {} (root reads it; `chmod a+r` or a group of its own lets others)", counter.string(), std::strerror(errno));
    return counter.string() + " holds no number";
  }
  return powercap.string() + " has no package counters";
}

std::uint64_t rapl_delta_uj(std::uint64_t before, std::uint64_t after, std::uint64_t range_uj, double seconds) {
  if (after >= before) return after - before;
  auto const wrapped = before <= range_uj ? range_uj - before + after : 0;
  return 1e-6 * static_cast<double>(wrapped) <= most_watts_of_a_package * seconds ? wrapped : 0;
}

RaplCounter::RaplCounter(std::vector<RaplPackage> packages) : packages_(std::move(packages)), last_uj_(packages_.size()) {
  for (std::size_t i = 0; i < packages_.size(); ++i) {
    auto const now = read_number(packages_[i].directory / "energy_uj");
    if (now) last_uj_[i] = *now;
    complete_ = complete_ && now;
  }
}

void RaplCounter::update(double now_s) {
  double const seconds = now_s - std::exchange(updated_s_, now_s);
  for (std::size_t i = 0; i < packages_.size(); ++i) {
    auto const now = read_number(packages_[i].directory / "energy_uj");
    complete_ = complete_ && now;
    if (!now) continue;
    auto const delta = rapl_delta_uj(last_uj_[i], *now, packages_[i].range_uj, seconds);
    if (delta == 0 && *now < last_uj_[i] && !std::exchange(has_told_, true))
      log::rank().warn("{}: fell from {} to {}, which no wrap explains; nothing is counted for it",
                       (packages_[i].directory / "energy_uj").string(), last_uj_[i], *now);
    total_uj_ += delta;
    last_uj_[i] = *now;
  }
}

}  // namespace apq::energy
