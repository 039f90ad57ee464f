// Latency and energy of layers as others measured them.
#include <nlohmann/json.hpp>

#include "common/cost/lookup_table.hpp"
#include "fuzz/target.hpp"

namespace apq::fuzz {

std::vector<std::string> seeds() {
  return {R"({"(16, 96, 112, 1, 1, 0, 1)-W4A8": {"latency": 0.125, "energy": 1.5e-2}, "head": {"latency": 1, "energy": 0}})",
          R"({"tail": {"energy": 12, "latency": 3.0000000000000004, "note": [1]}})", "{}"};
}

void attempt(std::string_view input) {
  cost::LookupTable const table(scratch_file("table.json", input));
  nlohmann::json json = nlohmann::json::object();
  for (auto const& [layer, entry] : table.entries()) {
    require(entry.latency_ms >= 0 && entry.energy_mj >= 0, "a cost below nothing is read");
    json[layer] = {{"latency", entry.latency_ms}, {"energy", entry.energy_mj}};
  }
  cost::LookupTable const again(scratch_file("again.json", json.dump()));
  require(again.entries().size() == table.entries().size(), "layers are lost");
  for (auto const& [layer, entry] : table.entries()) {
    auto const other = again.at(layer);
    require(other.latency_ms == entry.latency_ms && other.energy_mj == entry.energy_mj, "a layer costs otherwise");
  }
}

}  // namespace apq::fuzz
