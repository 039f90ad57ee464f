#include "collect/repeated_rows.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>

#include <fmt/format.h>

namespace apq::collect {
namespace {

/// Indices of the rows of each subnet, in the order of their first ones.
std::vector<std::vector<std::size_t>> by_subnet(std::vector<h5::Row> const& rows) {
  std::unordered_map<std::string_view, std::size_t> known;
  std::vector<std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto const& genes = rows[i].genes;
    std::string_view const key(reinterpret_cast<char const*>(genes.data()), genes.size());
    auto const [group, is_new] = known.try_emplace(key, groups.size());
    if (is_new) groups.emplace_back();
    groups[group->second].push_back(i);
  }
  return groups;
}

double accuracy_of(h5::Row const& row) { return static_cast<double>(row.correct) / row.total; }

h5::Row mean_of(std::vector<h5::Row> const& rows, std::vector<std::size_t> const& which) {
  auto mean = rows[which.front()];
  double sum = 0;
  for (auto const i : which) {
    sum += accuracy_of(rows[i]);
    mean.total = std::max(mean.total, rows[i].total);
  }
  mean.correct = mean.correct5 = static_cast<std::uint32_t>(std::lround(sum / static_cast<double>(which.size()) * mean.total));
  return mean;
}

}  // namespace

std::optional<RepeatNoise> noise_of_repeats(std::vector<h5::Row> const& rows) {
  RepeatNoise noise;
  double squares = 0;
  for (auto group : by_subnet(rows)) {
    std::erase_if(group, [&](std::size_t i) { return rows[i].total == 0; });
    if (group.size() < 2) continue;
    double mean = 0;
    for (auto const i : group) mean += accuracy_of(rows[i]) / static_cast<double>(group.size());
    for (auto const i : group) squares += (accuracy_of(rows[i]) - mean) * (accuracy_of(rows[i]) - mean);
    ++noise.subnets;
    noise.rows += group.size();
  }
  if (noise.subnets == 0) return std::nullopt;
  noise.deviation = 100 * std::sqrt(squares / static_cast<double>(noise.rows - noise.subnets));
  return noise;
}

std::string text_of(RepeatNoise const& noise) {
  return fmt::format("{} subnets measured {} times, standard deviation of a measurement {:.3f} %", noise.subnets, noise.rows,
                     noise.deviation);
}

SettledRows settle_repeats(std::vector<h5::Row> const& rows, Repeats repeats) {
  SettledRows settled;
  for (auto const& group : by_subnet(rows)) {
    if (repeats == Repeats::all) {
      settled.from.insert(settled.from.end(), group.begin(), group.end());
      continue;
    }
    auto const& first = rows[group.front()];
    settled.from.push_back(group.front());
    for (auto const i : group)
      if (repeats == Repeats::error && (rows[i].correct != first.correct || rows[i].total != first.total))
        settled.contradicting.push_back({i, group.front()});
    settled.num_left_out += group.size() - 1;
    settled.rows.push_back(repeats == Repeats::mean ? mean_of(rows, group) : first);
  }
  if (repeats == Repeats::all) {
    std::sort(settled.from.begin(), settled.from.end());
    settled.rows = rows;
  }
  std::sort(settled.contradicting.begin(), settled.contradicting.end(), [](auto const& a, auto const& b) { return a.row < b.row; });
  for (std::size_t i = 0; i < settled.rows.size(); ++i) settled.rows[i].id = i;
  return settled;
}

}  // namespace apq::collect
