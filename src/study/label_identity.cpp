#include "study/label_identity.hpp"

#include <array>

#include <fmt/format.h>
#include <unistd.h>

#include "common/core/build_info.hpp"
#include "evaluate/supernet_evaluator.hpp"

namespace apq::study {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

}  // namespace

std::map<std::string, std::string> label_identity(Experiment const& e, std::string const& stage, image::Splits const& splits) {
  auto const images = [](image::Split const& split) { return fmt::format("{} images {}", split.size(), split.fingerprint); };
  auto const& v = e.evaluator;
  std::map<std::string, std::string> parts{
      {"supernet", evaluate::supernet_hash(e.space, e.supernet_file())},
      {"data.calibration", images(splits.calibration)},
      {"data.validation", images(splits.validation)},
      {"data.normalisation", e.data.normalisation.text()},
      {"evaluator.batch", std::to_string(v.batch)},
      {"evaluator.calibration_batch", std::to_string(v.calibration_batch)},
      {"evaluator.fidelity", std::string(net::fidelity_kind_names(v.fidelity))},
      {"evaluator.engine", std::string(engine::engine_kind_names(engine::resolved(v.engine)))},
      {"collect.sequential", e.collect.sequential.is_on() ? e.collect.sequential.text().substr(1) : "off"}};
  if (stage == "quant") parts["collect.quant.policies_per_architecture"] = std::to_string(e.collect.policies_per_architecture);
  return parts;
}

h5::ShardHeader shard_header(Experiment const& e, std::string const& stage, image::Splits const& splits) {
  auto const build = build_info();
  h5::ShardHeader header;
  header.stage = stage;
  header.seed = e.seed;
  header.space_hash = e.space.hash;
  header.space_name = e.space.name;
  header.identity = label_identity(e, stage, splits);
  header.engine = evaluate::engine_name(e.evaluator);
  header.config = e.resolved;
  header.code_version = build.version_and_commit();
  header.libraries = fmt::format("LibTorch {}, HDF5 {}, MPI {}, {}", build.torch, build.hdf5, build.mpi, build.compiler);
  header.host = host_name();
  header.source = "collected";
  return header;
}

}  // namespace apq::study
