#include "common/net/finite_weights.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <ATen/ATen.h>

#include "common/core/error.hpp"

namespace apq::net {
namespace {

constexpr std::size_t most_listed = 5;  // keys; a diverged network has hundreds

bool is_variance(std::string const& name) { return name.ends_with(".running_var"); }

/// What is wrong with a tensor; empty: nothing.
std::string fault_in(std::string const& key, at::Tensor const& tensor, bool is_variance) {
  auto const values = tensor.to(at::kFloat).contiguous();
  auto bad = at::isfinite(values).logical_not_();
  if (is_variance) bad.logical_or_(values < 0);
  auto const places = bad.flatten().nonzero().flatten();
  if (places.numel() == 0) return {};
  auto const first = places[0].item<std::int64_t>();
  // As it was saved: a double that float32 cannot hold is shown as that double.
  auto const value = tensor.contiguous().flatten()[first].to(at::kDouble).item<double>();
  std::vector<std::int64_t> index(static_cast<std::size_t>(tensor.dim()));
  auto rest = first;
  for (auto d = index.size(); d-- > 0; rest /= tensor.size(static_cast<std::int64_t>(d)))
    index[d] = rest % tensor.size(static_cast<std::int64_t>(d));
  auto text = fmt::format("{} holds {} at [{}]", key, std::isnan(value) ? "nan" : fmt::format("{}", value), fmt::join(index, ", "));
  if (auto const others = places.numel() - 1; others > 0) text += fmt::format(" (and {} more value{})", others, others == 1 ? "" : "s");
  return text;
}

}  // namespace

void require_finite(checkpoint::StateDict const& weights, checkpoint::WeightNames const& names, std::string const& source) {
  std::vector<std::string> faults;
  for (auto const& [from, to, shape] : names.matched)
    if (auto fault = fault_in(from, weights.at(from), is_variance(to)); !fault.empty()) faults.push_back(std::move(fault));
  if (faults.empty()) return;
  auto const listed = std::min(faults.size(), most_listed);
  auto const unlisted = faults.size() - listed;
  throw Error(Errc::data, fmt::format("{}: {}{} (weights must be finite in float32, variances not negative); export them again", source,
                                      fmt::join(faults.begin(), faults.begin() + static_cast<std::ptrdiff_t>(listed), "; "),
                                      unlisted == 0 ? "" : fmt::format("; and {} more key{}", unlisted, unlisted == 1 ? "" : "s")));
}

}  // namespace apq::net
