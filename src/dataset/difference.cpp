#include "dataset/difference.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "dataset/stage_pairs.hpp"
#include "train/metrics.hpp"
#include "train/row_split.hpp"

namespace apq::dataset {
namespace {

bool same_counts(h5::Row const& a, h5::Row const& b) { return a.correct == b.correct && a.correct5 == b.correct5 && a.total == b.total; }

std::string_view key_of(h5::Row const& row) { return {reinterpret_cast<char const*>(row.genes.data()), row.genes.size()}; }

/// Which row of the second is each row's partner.
class Partners {
 public:
  Partners(std::vector<h5::Row> const& first, std::vector<h5::Row> const& second)
      : first_(first), second_(second), of_first_(first.size()), is_taken_(second.size(), false) {
    pair_equal_ids();
    pair_equal_subnets();
  }
  std::optional<std::size_t> of_first(std::size_t i) const { return of_first_[i]; }
  bool is_taken(std::size_t j) const { return is_taken_[j]; }
  std::vector<std::uint64_t> const& other_subnets() const { return other_subnets_; }

 private:
  void pair(std::size_t i, std::size_t j) {
    of_first_[i] = j;
    is_taken_[j] = true;
  }

  void pair_equal_ids() {
    for (std::size_t i = 0, j = 0; i < first_.size() && j < second_.size();) {
      if (first_[i].id < second_[j].id) ++i;
      else if (second_[j].id < first_[i].id) ++j;
      else {
        if (first_[i].genes == second_[j].genes) pair(i, j);
        else other_subnets_.push_back(first_[i].id);
        ++i;
        ++j;
      }
    }
  }

  void pair_equal_subnets() {
    std::unordered_map<std::string_view, std::vector<std::size_t>> free;  // of each subnet, the last row first
    for (std::size_t j = second_.size(); j-- > 0;)
      if (!is_taken_[j]) free[key_of(second_[j])].push_back(j);
    for (std::size_t i = 0; i < first_.size() && !free.empty(); ++i) {
      if (of_first_[i]) continue;
      auto const found = free.find(key_of(first_[i]));
      if (found == free.end() || found->second.empty()) continue;
      pair(i, found->second.back());
      found->second.pop_back();
    }
  }

  std::vector<h5::Row> const& first_;
  std::vector<h5::Row> const& second_;
  std::vector<std::optional<std::size_t>> of_first_;
  std::vector<bool> is_taken_;
  std::vector<std::uint64_t> other_subnets_;
};

std::vector<DifferentPart> different_parts(h5::ShardHeader const& first, h5::ShardHeader const& second) {
  std::map<std::string, DifferentPart> all;
  for (auto const& [name, value] : first.parts()) all[name] = {name, value, std::nullopt};
  for (auto const& [name, value] : second.parts()) {
    auto& part = all[name];
    part.name = name;
    part.second = value;
  }
  std::vector<DifferentPart> parts;
  for (auto const& [name, part] : all)
    if (part.first != part.second) parts.push_back(part);
  return parts;
}

}  // namespace

StageDifference difference_of(h5::Dataset const& first, h5::Dataset const& second) {
  if (first.header.space_hash != second.header.space_hash)
    throw Error(Errc::data, fmt::format("stage {}: is of space {} ({}) there and of {} ({}) here; subnets of two spaces cannot be compared",
                                        first.header.stage, first.header.space_name, first.header.space_hash, second.header.space_name,
                                        second.header.space_hash));
  StageDifference result{.stage = first.header.stage,
                         .space_hash = first.header.space_hash,
                         .identity = different_parts(first.header, second.header),
                         .first_rows = first.rows.size(),
                         .second_rows = second.rows.size()};
  Partners const partners(first.rows, second.rows);
  std::vector<double> differences, of_first, of_second;
  for (std::size_t i = 0; i < first.rows.size(); ++i) {
    auto const& a = first.rows[i];
    auto const partner = partners.of_first(i);
    if (!partner) {
      result.only_first.push_back(a.id);
      continue;
    }
    auto const& b = second.rows[*partner];
    of_first.push_back(train::accuracy_of(a));
    of_second.push_back(train::accuracy_of(b));
    differences.push_back(of_second.back() - of_first.back());
    if (!same_counts(a, b)) result.differing.push_back({a, b, differences.back()});
  }
  for (std::size_t j = 0; j < second.rows.size(); ++j)
    if (!partners.is_taken(j)) result.only_second.push_back(second.rows[j].id);
  std::sort(result.differing.begin(), result.differing.end(), [](PairedLabel const& a, PairedLabel const& b) {
    return std::tuple(-std::abs(a.difference), a.first.id) < std::tuple(-std::abs(b.difference), b.first.id);
  });
  result.pairs = differences.size();
  result.mean = mean_interval(differences);
  if (differences.size() > 1) result.kendall_tau = train::kendall_tau_b(of_first, of_second);
  result.other_subnets = partners.other_subnets();
  return result;
}

std::vector<StageDifference> differences(std::filesystem::path const& first, std::filesystem::path const& second) {
  std::vector<StageDifference> result;
  for (auto const& pair : stage_pairs(first, second))
    if (pair.first && pair.second) result.push_back(difference_of(*pair.first, *pair.second));
  if (result.empty()) throw Error(Errc::data, fmt::format("{} and {}: have no stage in common", first.string(), second.string()));
  return result;
}

}  // namespace apq::dataset
