#include "dataset/difference_text.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/interval.hpp"
#include "common/core/printable.hpp"
#include "common/core/record_file.hpp"
#include "common/space/subnet_json.hpp"

namespace apq::dataset {
namespace {

constexpr std::size_t max_ids_shown = 20;

double percent_of(h5::Row const& row) { return 100.0 * row.correct / row.total; }

std::string label_text(h5::Row const& row) {
  auto const interval = wilson_interval(row.correct, row.total);
  return fmt::format("{:.2f} % [{:.2f}, {:.2f}] of {}", percent_of(row), 100 * interval.low, 100 * interval.high, row.total);
}

std::string ids_text(std::vector<std::uint64_t> const& ids) {
  auto const shown = std::min(ids.size(), max_ids_shown);
  return fmt::format("{}{}", fmt::join(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                     shown < ids.size() ? ", ..." : "");
}

std::string stage_text(StageDifference const& s, std::string const& first, std::string const& second, std::size_t worst) {
  auto text = fmt::format("{}: {} rows in {}, {} in {}; {} subnets in both, {} with equal counts\n", s.stage, s.first_rows, first,
                          s.second_rows, second, s.pairs, s.pairs - s.differing.size());
  auto const of_top5 = std::count_if(s.differing.begin(), s.differing.end(), [](PairedLabel const& pair) {
    return pair.first.correct == pair.second.correct && pair.first.total == pair.second.total;
  });
  if (of_top5 > 0) text += fmt::format("  {} of the others differ in top-5 hits alone\n", of_top5);
  for (auto const& part : s.identity)
    text += printable(fmt::format("  {}: {} in {}, {} in {}", part.name, part.first.value_or("nothing"), first,
                                  part.second.value_or("nothing"), second)) +
            "\n";
  if (s.mean)
    text += fmt::format(
        "  accuracy in {} minus that in {}: mean {:+.4f} points [{:+.4f}, {:+.4f}] (95 %), standard deviation {:.4f}; Kendall tau {:.4f}\n",
        second, first, 100 * s.mean->mean, 100 * s.mean->low, 100 * s.mean->high, 100 * s.mean->deviation, *s.kendall_tau);
  for (std::size_t i = 0; i < std::min(worst, s.differing.size()); ++i) {
    auto const& pair = s.differing[i];
    text += fmt::format("  sample {}{}: {} -> {}, {:+.2f} points\n", pair.first.id,
                        pair.second.id == pair.first.id ? "" : fmt::format(" (there {})", pair.second.id), label_text(pair.first),
                        label_text(pair.second), 100 * pair.difference);
  }
  if (s.differing.size() > worst)
    text += fmt::format("  ... {} more differ; --worst shows more, --format json all\n", s.differing.size() - worst);
  if (!s.only_first.empty()) text += fmt::format("  {} rows in {} alone: {}\n", s.only_first.size(), first, ids_text(s.only_first));
  if (!s.only_second.empty()) text += fmt::format("  {} rows in {} alone: {}\n", s.only_second.size(), second, ids_text(s.only_second));
  if (!s.other_subnets.empty()) text += fmt::format("  {} ids are of two subnets: {}\n", s.other_subnets.size(), ids_text(s.other_subnets));
  return text;
}

Json label_json(h5::Row const& row) {
  auto const interval = wilson_interval(row.correct, row.total);
  return {{"id", row.id},
          {"correct", row.correct},
          {"correct5", row.correct5},
          {"total", row.total},
          {"accuracy", percent_of(row) / 100},
          {"low95", interval.low},
          {"high95", interval.high}};
}

Json stage_json(StageDifference const& s, std::optional<space::SearchSpace> const& space) {
  auto identity = Json::object();
  for (auto const& part : s.identity)
    identity[part.name] = {{"first", part.first ? Json(*part.first) : Json()}, {"second", part.second ? Json(*part.second) : Json()}};
  Json mean;
  if (s.mean)
    mean = {
        {"mean", 100 * s.mean->mean}, {"low95", 100 * s.mean->low}, {"high95", 100 * s.mean->high}, {"deviation", 100 * s.mean->deviation}};
  auto differing = Json::array();
  for (auto const& pair : s.differing)
    differing.push_back({{"first", label_json(pair.first)},
                         {"second", label_json(pair.second)},
                         {"difference_points", 100 * pair.difference},
                         {"subnet", space ? Json(space::to_json(*space, space::subnet_of(*space, pair.first.genes))) : Json()}});
  return {{"stage", s.stage},
          {"identity", identity},
          {"first_rows", s.first_rows},
          {"second_rows", s.second_rows},
          {"pairs", s.pairs},
          {"equal", s.pairs - s.differing.size()},
          {"difference_points", mean},
          {"kendall_tau", s.kendall_tau ? Json(*s.kendall_tau) : Json()},
          {"differing", differing},
          {"only_first", s.only_first},
          {"only_second", s.only_second},
          {"other_subnets", s.other_subnets}};
}

}  // namespace

std::string difference_table(std::vector<StageDifference> const& stages, std::string const& first, std::string const& second,
                             std::size_t worst) {
  std::string text;
  for (auto const& stage : stages) text += stage_text(stage, first, second, worst);
  return text;
}

std::string difference_json(std::vector<StageDifference> const& stages, std::string const& first, std::string const& second,
                            std::optional<space::SearchSpace> const& space) {
  auto all = Json::array();
  for (auto const& stage : stages) all.push_back(stage_json(stage, space));
  return Json{{"first", first}, {"second", second}, {"stages", all}}.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace apq::dataset
