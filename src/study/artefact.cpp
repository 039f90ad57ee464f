#include "study/artefact.hpp"

namespace apq::study {
namespace fs = std::filesystem;
namespace {

fs::path named_by(Settings const& settings, char const* key) {
  auto const found = settings.find(key);
  return found == settings.end() ? fs::path() : fs::path(found->second);
}

}  // namespace

std::string name_of(Artefact artefact) {
  switch (artefact) {
    case Artefact::space:
      return "space";
    case Artefact::weights:
      return "supernet.weights";
    case Artefact::training_images:
      return "images.training";
    case Artefact::calibration_images:
      return "images.calibration";
    case Artefact::validation_images:
      return "images.validation";
    case Artefact::test_images:
      return "images.test";
    case Artefact::engine:
      return "evaluator.engine";
    case Artefact::kernels:
      return "evaluator.kernels";
    case Artefact::cost_table:
      return "cost.table";
    case Artefact::hardware:
      return "cost.hardware";
    case Artefact::fp_rows:
      return "rows.fp";
    case Artefact::quant_rows:
      return "rows.quant";
    case Artefact::fp_joined:
      return "dataset_fp.h5";
    case Artefact::quant_joined:
      return "dataset_quant.h5";
    case Artefact::fp_predictor:
      return "predictor.pt";
    case Artefact::quant_predictor:
      return "predictor_quant.pt";
    case Artefact::scratch_predictor:
      return "predictor_quant_scratch.pt";
    case Artefact::training:
      return "train.json";
    case Artefact::search:
      return "search.json";
    case Artefact::search_arrays:
      return "search.h5";
    case Artefact::winners:
      return "winners";
    case Artefact::verification:
      return "winners.json";
    case Artefact::ledger:
      return "ledger.json";
    case Artefact::report:
      return "report.html";
    case Artefact::figures:
      return "figures";
  }
  return {};
}

fs::path path_of(Artefact artefact, StudyLayout const& layout, Settings const& settings) {
  switch (artefact) {
    case Artefact::space:
      return named_by(settings, "space");
    case Artefact::weights: {
      auto const given = named_by(settings, "supernet.weights");
      return given.empty() ? layout.supernet() : given;
    }
    case Artefact::cost_table:
      return named_by(settings, "cost.table");
    case Artefact::hardware:
      return named_by(settings, "cost.hardware");
    case Artefact::fp_rows:
      return layout.shards("fp");
    case Artefact::quant_rows:
      return layout.shards("quant");
    case Artefact::fp_joined:
      return layout.joined("fp");
    case Artefact::quant_joined:
      return layout.joined("quant");
    case Artefact::fp_predictor:
      return layout.predictor_fp();
    case Artefact::quant_predictor:
      return layout.predictor_quant();
    case Artefact::scratch_predictor:
      return layout.predictor_scratch();
    case Artefact::training:
      return layout.train_metrics();
    case Artefact::search:
      return layout.search_summary();
    case Artefact::search_arrays:
      return layout.search_result();
    case Artefact::winners:
      return layout.winners();
    case Artefact::verification:
      return layout.verification();
    case Artefact::ledger:
      return layout.ledger();
    case Artefact::report:
      return layout.report();
    case Artefact::figures:
      return layout.figures();
    case Artefact::training_images:
    case Artefact::calibration_images:
    case Artefact::validation_images:
    case Artefact::test_images:
    case Artefact::engine:
    case Artefact::kernels:
      return {};
  }
  return {};
}

std::vector<fs::path> files_of(Artefact artefact, StudyLayout const& layout, Settings const& settings, FileView& view) {
  auto const path = path_of(artefact, layout, settings);
  bool const holds_rows = artefact == Artefact::fp_rows || artefact == Artefact::quant_rows;
  bool const is_folder = holds_rows || artefact == Artefact::winners || artefact == Artefact::figures;
  if (!is_folder) return view.state(path) ? std::vector{path} : std::vector<fs::path>();
  auto files = view.files_in(path);
  if (holds_rows) std::erase_if(files, [](fs::path const& file) { return file.extension() != ".h5"; });
  return files;
}

}  // namespace apq::study
