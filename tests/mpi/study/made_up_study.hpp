#pragma once

#include <string>
#include <vector>

#include "collect/sampler.hpp"
#include "common/core/atomic_file.hpp"
#include "common/h5/shard.hpp"
#include "common/mpi/collectives.hpp"
#include "study/experiment.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"

namespace apq::test {

/// A directory with an experiment on images that nobody decodes, and a study of it without anything. All functions are collective.
class MadeUpStudy {
 public:
  explicit MadeUpStudy(mpi::Communicator const& comm) : comm_(comm) {
    directory_ = mpi::broadcast(comm, dir_.path().string());
    layout = {directory_ / "study"};
    on_root([&] {
      make_directory(layout.root);
      for (int label = 0; label < 10; ++label) {
        make_directory(directory_ / "images" / std::to_string(label));
        for (int i = 0; i < 6; ++i)
          write_quickly(directory_ / "images" / std::to_string(label) / (std::to_string(i) + ".jpg"), "x" + std::to_string(i));
      }
      write_quickly(directory_ / "c.yaml", "study: {dir: " + layout.root.string() +
                                               "}\nspace: " + (source_dir() / "configs/spaces/fashion_mnist.yaml").string() +
                                               "\nsupernet: {weights: " + (source_dir() / "data/fashion_mnist_supernet.pt").string() + "}" +
                                               "\ndata: {training: {folder: images}, test: {folder: images}, train_images: 0, "
                                               "calibration_images: 20, validation_images: 30, "
                                               "mean: 0.5, deviation: 0.5}\n");
    });
  }

  /// What root does before the others go on; what it throws, all throw.
  template <class Act>
  void on_root(Act const& act) const {
    mpi::collectively(comm_, [&] {
      if (comm_.is_root()) act();
    });
  }

  study::Experiment load(std::vector<std::string> const& assignments = {}) const {
    return study::load_experiment(comm_, {.config = directory_ / "c.yaml", .study = {}, .assignments = assignments});
  }

  /// A shard of the samples [first, last) under a header whose stage, seed and space are filled in here.
  void label(std::string const& stage, std::size_t first, std::size_t last, h5::ShardHeader header = {}) const {
    auto const e = load();
    on_root([&] {
      collect::Samples const samples(e.space, e.seed, stage, 1, last);
      h5::Shard shard{std::move(header), {}};
      shard.header.stage = stage;
      shard.header.seed = e.seed;
      shard.header.space_hash = e.space.hash;
      shard.header.space_name = e.space.name;
      for (auto id = first; id < last; ++id)
        shard.rows.push_back(
            {.id = id, .genes = samples.genes(id), .correct = static_cast<std::uint32_t>(50 + id), .correct5 = 90, .total = 100});
      shard.header.num_genes = static_cast<int>(shard.rows.front().genes.size());
      make_directory(layout.shards(stage));
      h5::write_shard(layout.shards(stage) / (std::to_string(first) + ".h5"), shard);
    });
  }

  StudyLayout layout;

 private:
  mpi::Communicator const& comm_;
  TempDir dir_;  // the root's is used
  std::filesystem::path directory_;
};

}  // namespace apq::test
