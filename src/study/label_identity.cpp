#include "study/label_identity.hpp"

#include <fmt/format.h>

#include "common/core/build_info.hpp"
#include "common/core/host_name.hpp"
#include "common/engine/kernels.hpp"
#include "evaluate/supernet_evaluator.hpp"

namespace apq::study {

std::string described(image::Split const& split) { return fmt::format("{} images {}", split.size(), split.fingerprint); }

std::map<std::string, std::string> label_conditions(Experiment const& e, std::string const& stage, image::Splits const& splits) {
  auto const& v = e.evaluator;
  std::map<std::string, std::string> parts{
      {"data.calibration", described(splits.calibration)},
      {"data.validation", described(splits.validation)},
      {"data.normalisation", e.data.normalisation.text()},
      {"evaluator.batch", std::to_string(v.batch)},
      {"evaluator.calibration_batch", std::to_string(v.calibration_batch)},
      {"evaluator.fidelity", std::string(net::fidelity_kind_names(v.fidelity))},
      {"evaluator.engine", std::string(engine::engine_kind_names(engine::resolved(v.engine)))},
      {"evaluator.instructions", std::string(engine::instruction_set_names(v.instructions))},
      {"evaluator.kernels", engine::kernels_name()},
      {"collect.sequential", e.collect.sequential.is_on() ? e.collect.sequential.text().substr(1) : "off"}};
  // Of shards that are older than the choice it is absent: they have the paper's.
  if (stage == "quant" && v.ranges != net::RangeRules{}) parts["evaluator.quantiser"] = v.ranges.text();
  if (stage == "quant") parts["collect.quant.policies_per_architecture"] = std::to_string(e.collect.policies_per_architecture);
  return parts;
}

h5::ShardHeader shard_header(Experiment const& e, std::string const& stage, image::Splits const& splits, std::string const& weights) {
  auto const build = build_info();
  h5::ShardHeader header;
  header.stage = stage;
  header.seed = e.seed;
  header.space_hash = e.space.hash;
  header.space_name = e.space.name;
  header.identity = label_conditions(e, stage, splits);
  header.identity["supernet"] = weights;
  header.engine = evaluate::engine_name(e.evaluator);
  header.config = e.resolved;
  header.code_version = build.version_and_commit();
  header.libraries = fmt::format("LibTorch {}, HDF5 {}, MPI {}, {}", build.torch, build.hdf5, build.mpi, build.compiler);
  header.host = host_name();
  header.source = "collected";
  return header;
}

}  // namespace apq::study
