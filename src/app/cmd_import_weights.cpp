#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "app/cmd_import.hpp"
#include "common/mpi/collectives.hpp"
#include "common/net/supernet.hpp"

namespace apq::app {
namespace {

struct Options {
  std::filesystem::path file, space, output;
};

}  // namespace

Body add_import_weights(CLI::App& app) {
  auto const o = std::make_shared<Options>();
  app.add_option("file", o->file, "Checkpoint, a file of torch.save")->required();
  app.add_option("--space", o->space, "Search space (YAML)")->required();
  app.add_option("-o,--output", o->output, "Where to write the weights")->required();
  return [o](mpi::Communicator const& world) {
    mpi::collectively(world, [&] {
      if (!world.is_root()) return;
      net::save_supernet(net::load_supernet(space::load_space(o->space), o->file), o->output);
    });
    return 0;
  };
}

}  // namespace apq::app
