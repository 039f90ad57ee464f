#include "evaluate/eval_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/core/interval.hpp"

namespace apq::evaluate {

std::string eval_table(std::vector<EvalResult> const& results) {
  auto text = fmt::format("{:>6} {:>8} {:>17} {:>8} {:>8} {:>10}\n", "subnet", "top-1 %", "95 % interval", "top-5 %", "loss", "images/s");
  for (std::size_t i = 0; i < results.size(); ++i) {
    auto const& [label, speed] = results[i];
    auto const interval = wilson_interval(label.correct, label.total);
    text += fmt::format("{:>6} {:>8.2f} {:>8.2f} ..{:>6.2f} {:>8.2f} {:>8.4f} {:>10.0f}\n", i, 100.0 * label.correct / label.total,
                        100 * interval.low, 100 * interval.high, 100.0 * label.correct5 / label.total, label.loss, speed);
  }
  return text;
}

std::string eval_json(std::vector<EvalResult> const& results) {
  auto json = nlohmann::ordered_json::array();
  for (auto const& [label, speed] : results)
    json.push_back({{"top1", 100.0 * label.correct / label.total},
                    {"top5", 100.0 * label.correct5 / label.total},
                    {"correct", label.correct},
                    {"total", label.total},
                    {"loss", label.loss},
                    {"images_per_second", speed}});
  return json.dump(1) + "\n";
}

}  // namespace apq::evaluate
