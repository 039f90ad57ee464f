#include <filesystem>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "report/inputs.hpp"

namespace apq::report {
namespace {

namespace fs = std::filesystem;

Collected collected(StudyLayout const& layout, std::string const& stage, std::uint64_t num_samples, cost::CostModel const& cost_model) {
  Collected result;
  result.dataset = h5::read_stage(layout, stage);
  h5::keep_asked_for(result.dataset, num_samples);
  if (result.dataset.rows.empty()) return result;
  result.content_hash = h5::content_hash(result.dataset.rows);
  for (auto const& row : result.dataset.rows) result.costs.push_back(cost_model(row.genes));
  return result;
}

}  // namespace

Inputs load(StudyLayout const& layout, StudyIdentity const& identity, space::SearchSpace const& space, cost::CostModel const& cost_model,
            std::vector<std::string> stale) {
  if (!fs::is_directory(layout.root))
    throw Error(Errc::io, fmt::format("{}: no such study directory; `apq run --config FILE` makes one", layout.root.string()));
  Inputs inputs;
  inputs.directory = layout.root.string();
  inputs.study = identity.name;
  inputs.seed = identity.seed;
  inputs.config = identity.config;
  inputs.stale = std::move(stale);
  inputs.unlabelled = identity.unlabelled;
  inputs.space = space;
  inputs.cost_description = cost_model.description();
  inputs.fp = collected(layout, "fp", identity.fp_samples, cost_model);
  inputs.quant = collected(layout, "quant", identity.quant_samples, cost_model);
  if (fs::exists(layout.train_metrics())) inputs.training = study::read_training(layout.train_metrics());
  if (fs::exists(layout.search_summary())) inputs.search = study::read_search(layout.search_summary());
  if (fs::exists(layout.verification())) inputs.verification = study::read_verification(layout.verification());
  inputs.runs = energy::read_runs(layout);
  inputs.ledger = energy::totals_by_stage(inputs.runs);
  return inputs;
}

}  // namespace apq::report
