#include "train/row_split.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
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

namespace {

/// The lowest id among the rows of each subnet: it speaks for them all.
std::map<space::Genes, std::uint64_t> lowest_ids(std::vector<h5::Row> const& rows) {
  std::map<space::Genes, std::uint64_t> result;
  for (auto const& row : rows) {
    auto const [entry, is_new] = result.emplace(row.genes, row.id);
    if (!is_new) entry->second = std::min(entry->second, row.id);
  }
  return result;
}

void require_enough(std::vector<h5::Row> const& rows, Split const& split, std::size_t num_different, std::string const& stage,
                    double held_out_fraction) {
  auto const training = num_subnets(split.training), held_out = num_subnets(split.held_out);
  if (training >= min_training && held_out >= min_held_out) return;
  double const needed =
      std::max(static_cast<double>(min_training) / (1 - held_out_fraction), static_cast<double>(min_held_out) / held_out_fraction);
  auto const enough = 2 * static_cast<int>(std::ceil(needed));
  auto const minimum = fmt::format("at least {} and {} are needed", min_training, min_held_out);
  if (num_different == rows.size())
    throw Error(Errc::data, fmt::format("train: {} rows of stage {} leave {} to train on and {} held out ({}); collect {} rows or more",
                                        rows.size(), stage, training, held_out, minimum, enough));
  throw Error(Errc::data, fmt::format("train: {} rows of stage {} are of {} different subnets, which leave {} to train on and {} held out "
                                      "({}, and rows of one subnet stay together); collect {} different subnets or more",
                                      rows.size(), stage, num_different, training, held_out, minimum, enough));
}

void keep_first(std::vector<h5::Row>& training, int train_rows, std::string const& stage) {
  auto const asked = static_cast<std::size_t>(train_rows);
  if (asked > training.size() || asked < min_training)
    throw Error(Errc::data, fmt::format("train: {} training rows asked for; stage {} has {}, and at least {} are needed", train_rows, stage,
                                        training.size(), min_training));
  training.resize(asked);
  if (auto const subnets = num_subnets(training); subnets < min_training)
    throw Error(Errc::data, fmt::format("train: the {} training rows asked for of stage {} are of {} different subnets (at least {} are "
                                        "needed); ask for more rows",
                                        train_rows, stage, subnets, min_training));
}

}  // namespace

std::size_t num_subnets(std::span<h5::Row const> rows) {
  std::set<space::Genes> subnets;
  for (auto const& row : rows) subnets.insert(row.genes);
  return subnets.size();
}

std::vector<std::size_t> fold_of_rows(std::vector<h5::Row> const& rows, std::size_t num_folds, std::uint64_t seed) {
  std::map<space::Genes, std::size_t> known;
  std::vector<std::size_t> subnet;  // of each row, by first appearance
  for (auto const& row : rows) subnet.push_back(known.try_emplace(row.genes, known.size()).first->second);
  bool const by_row = known.size() < num_folds;
  std::vector<std::size_t> fold(by_row ? rows.size() : known.size());
  for (std::size_t i = 0; i < fold.size(); ++i) fold[i] = i % num_folds;
  RandomStream(seed, "train.fit.folds").shuffle(std::span(fold));
  if (by_row) return fold;
  for (auto& of_row : subnet) of_row = fold[of_row];
  return subnet;
}

Split split_rows(std::vector<h5::Row> const& rows, std::string const& stage, std::uint64_t seed, double held_out_fraction, int train_rows) {
  Split split;
  auto const lowest = lowest_ids(rows);
  std::vector<std::pair<std::uint64_t, h5::Row>> training;
  for (auto const& row : rows) {
    if (row.total == 0 || row.correct > row.total)
      throw Error(Errc::data, fmt::format("train: {} sample {} has {} hits of {} images; run `apq data verify`", stage, row.id, row.correct,
                                          row.total));
    auto const stream = [&](std::uint64_t id) { return RandomStream(seed, "train.split." + stage, id); };
    if (stream(lowest.at(row.genes)).uniform() < held_out_fraction) {
      split.held_out.push_back(row);
      continue;
    }
    auto own = stream(row.id);
    own.uniform();  // the draw that decides a side
    training.emplace_back(own.next_u64(), row);
  }
  auto const by_id = [](h5::Row const& a, h5::Row const& b) { return a.id < b.id; };
  std::sort(split.held_out.begin(), split.held_out.end(), by_id);
  std::sort(training.begin(), training.end(),
            [&](auto const& a, auto const& b) { return a.first != b.first ? a.first < b.first : by_id(a.second, b.second); });
  for (auto& [key, row] : training) split.training.push_back(std::move(row));
  require_enough(rows, split, lowest.size(), stage, held_out_fraction);
  if (train_rows > 0) keep_first(split.training, train_rows, stage);
  return split;
}

}  // namespace apq::train
