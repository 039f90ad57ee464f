#pragma once

#include <filesystem>
#include <string>

namespace apq {

/// Where things lie in a study's directory.
struct StudyLayout {
  std::filesystem::path root;
  std::filesystem::path config() const { return root / "config.yaml"; }  ///< resolved configuration
  std::filesystem::path space() const { return root / "space.yaml"; }    ///< of shards without a study: a published folder's
  std::filesystem::path supernet() const { return root / "supernet.pt"; }
  std::filesystem::path shards(std::string const& stage) const { return root / "shards" / stage; }
  std::filesystem::path joined(std::string const& stage) const { return root / ("dataset_" + stage + ".h5"); }
  std::filesystem::path predictor_fp() const { return root / "predictor.pt"; }
  std::filesystem::path predictor_quant() const { return root / "predictor_quant.pt"; }
  std::filesystem::path predictor_scratch() const { return root / "predictor_quant_scratch.pt"; }
  std::filesystem::path train_metrics() const { return root / "train.json"; }
  std::filesystem::path search_result() const { return root / "search.h5"; }
  std::filesystem::path search_summary() const { return root / "search.json"; }
  std::filesystem::path winners() const { return root / "winners"; }
  std::filesystem::path verification() const { return root / "winners.json"; }  ///< winners with test accuracy
  std::filesystem::path stamp(std::string const& stage) const { return root / ".stages" / (stage + ".json"); }
  std::filesystem::path ledger() const { return root / "ledger.json"; }
  std::filesystem::path energy() const { return root / "energy"; }  ///< journals of the nodes
  std::filesystem::path jobs() const { return root / "jobs"; }      ///< a record of each job that works here
  std::filesystem::path claims(std::string const& stage) const { return root / "claims" / stage; }  ///< on blocks of "fp" or "quant"
  std::filesystem::path quarantine(std::string const& stage) const { return root / "quarantine" / stage; }  ///< samples that failed
  std::filesystem::path stage_claim(std::string const& stage) const { return root / "claims" / "stages" / stage; }
  std::filesystem::path report() const { return root / "report.html"; }
  std::filesystem::path figures() const { return root / "figures"; }  ///< CSV and SVG of each figure
};

}  // namespace apq
