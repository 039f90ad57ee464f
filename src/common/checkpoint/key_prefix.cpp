#include "common/checkpoint/key_prefix.hpp"

#include <algorithm>
#include <array>

namespace apq::checkpoint {
namespace {
constexpr std::array<std::string_view, 6> wrappers{"module.", "_orig_mod.", "model.", "net.", "network.", "_forward_module."};
constexpr int most_wrappers = 8;  // around each other
}  // namespace

bool is_averaging_counter(std::string_view name) { return name == "n_averaged"; }

std::string shared_prefix(std::vector<std::string_view> const& names) {
  auto const first = std::find_if(names.begin(), names.end(), [](auto name) { return !is_averaging_counter(name); });
  if (first == names.end()) return {};
  std::string prefix;
  for (int i = 0; i < most_wrappers; ++i) {
    auto const rest = first->substr(prefix.size());
    auto const wrapper = std::find_if(wrappers.begin(), wrappers.end(), [&](auto one) { return rest.starts_with(one); });
    if (wrapper == wrappers.end()) break;
    auto const longer = prefix + std::string(*wrapper);
    if (!std::all_of(names.begin(), names.end(), [&](auto name) { return is_averaging_counter(name) || name.starts_with(longer); })) break;
    prefix = longer;
  }
  return prefix;
}

}  // namespace apq::checkpoint
