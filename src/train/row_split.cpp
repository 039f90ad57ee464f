#include "train/row_split.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/core/random.hpp"

namespace apq::train {

std::vector<double> accuracies(std::vector<h5::Row> const& rows) {
  std::vector<double> result;
  for (auto const& row : rows) result.push_back(accuracy_of(row));
  return result;
}

std::vector<space::Genes> genes_of(std::vector<h5::Row> const& rows) {
  std::vector<space::Genes> result;
  for (auto const& row : rows) result.push_back(row.genes);
  return result;
}

Split split_rows(std::vector<h5::Row> const& rows, std::string const& stage, std::uint64_t seed, double held_out_fraction, int train_rows) {
  Split split;
  std::vector<std::pair<std::uint64_t, h5::Row>> training;
  for (auto const& row : rows) {
    if (row.total == 0 || row.correct > row.total)
      throw Error(Errc::data, fmt::format("train: {} sample {} has {} hits of {} images; run `apq data verify`", stage, row.id, row.correct,
                                          row.total));
    RandomStream random(seed, "train.split." + stage, row.id);
    if (random.uniform() < held_out_fraction) split.held_out.push_back(row);
    else training.emplace_back(random.next_u64(), row);
  }
  auto const by_id = [](h5::Row const& a, h5::Row const& b) { return a.id < b.id; };
  std::sort(split.held_out.begin(), split.held_out.end(), by_id);
  std::sort(training.begin(), training.end(),
            [&](auto const& a, auto const& b) { return a.first != b.first ? a.first < b.first : by_id(a.second, b.second); });
  if (training.size() < min_training || split.held_out.size() < min_held_out) {
    double const needed =
        std::max(static_cast<double>(min_training) / (1 - held_out_fraction), static_cast<double>(min_held_out) / held_out_fraction);
    throw Error(Errc::data, fmt::format("train: {} rows of stage {} leave {} to train on and {} held out (at "
                                        "least {} and {} are needed); "
                                        "collect {} rows or more",
                                        rows.size(), stage, training.size(), split.held_out.size(), min_training, min_held_out,
                                        2 * static_cast<int>(std::ceil(needed))));
  }
  if (train_rows > 0 && (static_cast<std::size_t>(train_rows) > training.size() || static_cast<std::size_t>(train_rows) < min_training))
    throw Error(Errc::data, fmt::format("train: {} training rows asked for; stage {} has {}, and at least {} are needed", train_rows, stage,
                                        training.size(), min_training));
  if (train_rows > 0) training.resize(static_cast<std::size_t>(train_rows));
  for (auto& [key, row] : training) split.training.push_back(std::move(row));
  return split;
}

}  // namespace apq::train
