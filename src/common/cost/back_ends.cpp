#include "common/cost/back_ends.hpp"

#include <algorithm>

#include "common/core/sha256.hpp"
#include "common/cost/lookup_table.hpp"

namespace apq::cost {
namespace {

class TableBackEnd : public BackEnd {
 public:
  TableBackEnd(std::filesystem::path const& file, bool one_image_size)
      : table_(file), digest_(sha256_of_file(file)), one_image_size_(one_image_size) {}

  std::optional<LayerCost> cost_of(Layer const& layer) override {
    if (layer.use == LayerUse::unlisted) return std::nullopt;
    if (layer.is_forbidden) return LayerCost{};  // a table need not have what no subnet may have
    auto const entry = table_.at(key_in_table(layer));
    return LayerCost{entry.latency_ms, entry.energy_mj};
  }
  std::string name() const override { return "table " + table_.name(); }
  std::string identity() const override { return "table sha256:" + digest_; }

 private:
  std::string key_in_table(Layer const& layer) const {
    if (one_image_size_ && layer.use == LayerUse::stem) return "head";
    if (one_image_size_ && layer.use == LayerUse::feature_mix) return "tail";
    return key_of(layer.shape, layer.bits);
  }

  LookupTable table_;
  std::string digest_;
  bool one_image_size_;
};

std::unique_ptr<BackEnd> make_model(std::filesystem::path const& file) {
  auto config = file.empty() ? Config::parse("{}", "the built-in accelerator") : Config::load(file);
  return read_model(config);
}

}  // namespace

std::unique_ptr<BackEnd> read_model(Config& config) {
  std::vector<std::string> names;
  for (auto const& model : hardware_models) names.emplace_back(model.name);
  auto const name = config.choice_or("model", names.front(), names, {"Which analytic model the accelerator is one of"});
  auto const found = std::find_if(hardware_models.begin(), hardware_models.end(), [&](auto const& model) { return name == model.name; });
  auto model = found->make(config);
  config.finish();
  return model;
}

std::vector<std::unique_ptr<BackEnd>> make_back_ends(BackEndConfig const& config, bool one_image_size) {
  std::vector<std::unique_ptr<BackEnd>> back_ends;
  if (!config.table.empty()) back_ends.push_back(std::make_unique<TableBackEnd>(config.table, one_image_size));
  back_ends.push_back(make_model(config.hardware));
  return back_ends;
}

}  // namespace apq::cost
