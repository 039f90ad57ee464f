#include "collect/stage_summary.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace apq::collect {

StageSummary summary_of(std::string const& stage, h5::Dataset const& dataset) {
  StageSummary summary{.stage = stage,
                       .rows = dataset.rows.size(),
                       .shards = dataset.files.size(),
                       .of_rows = {},
                       .repeats = dataset.header.source == "collected" ? std::nullopt : noise_of_repeats(dataset.rows),
                       .content_hash = h5::content_hash(dataset.rows)};
  if (dataset.rows.empty()) return summary;
  StageSummary::OfRows all{std::numeric_limits<std::uint32_t>::max(), 0, 0, 100, 0};
  for (auto const& row : dataset.rows) {
    double const percent = row.total > 0 ? 100.0 * row.correct / row.total : NAN;
    all.fewest_images = std::min(all.fewest_images, row.total);
    all.most_images = std::max(all.most_images, row.total);
    all.mean += percent;
    all.min = std::min(all.min, percent);
    all.max = std::max(all.max, percent);
  }
  all.mean /= static_cast<double>(dataset.rows.size());
  summary.of_rows = all;
  return summary;
}

std::string summary_table(std::vector<StageSummary> const& stages) {
  auto table = fmt::format("{:<10} {:>8} {:>8} {:>13} {:>9} {:>9} {:>9}  {}\n", "stage", "rows", "shards", "images", "mean %", "min %",
                           "max %", "content hash");
  for (auto const& s : stages) {
    std::string images = "-", mean = "-", min = "-", max = "-";
    if (auto const& all = s.of_rows) {
      images = all->fewest_images == all->most_images ? fmt::format("{}", all->most_images)
                                                      : fmt::format("{}..{}", all->fewest_images, all->most_images);
      mean = fmt::format("{:.2f}", all->mean);
      min = fmt::format("{:.2f}", all->min);
      max = fmt::format("{:.2f}", all->max);
    }
    table +=
        fmt::format("{:<10} {:>8} {:>8} {:>13} {:>9} {:>9} {:>9}  {}\n", s.stage, s.rows, s.shards, images, mean, min, max, s.content_hash);
  }
  for (auto const& s : stages)
    if (s.repeats) table += fmt::format("{}: {}\n", s.stage, text_of(*s.repeats));
  return table;
}

std::string summary_json(std::vector<StageSummary> const& stages) {
  using Json = nlohmann::ordered_json;
  auto all = Json::array();
  for (auto const& s : stages) {
    Json images, top1;
    if (s.of_rows) {
      images = {{"min", s.of_rows->fewest_images}, {"max", s.of_rows->most_images}};
      top1 = {{"mean", s.of_rows->mean}, {"min", s.of_rows->min}, {"max", s.of_rows->max}};
    }
    Json repeats;
    if (s.repeats) repeats = {{"subnets", s.repeats->subnets}, {"rows", s.repeats->rows}, {"deviation_percent", s.repeats->deviation}};
    all.push_back({{"stage", s.stage},
                   {"rows", s.rows},
                   {"shards", s.shards},
                   {"images", images},
                   {"top1_percent", top1},
                   {"repeats", repeats},
                   {"content_hash", s.content_hash}});
  }
  return all.dump(2) + "\n";
}

}  // namespace apq::collect
