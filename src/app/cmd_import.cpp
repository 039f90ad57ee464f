#include "app/cmd_import.hpp"

#include <vector>

namespace apq::app {
namespace {

struct Kind {
  char const* name;
  char const* summary;
  Register add;
};

constexpr Kind kinds[] = {
    {"weights", "A checkpoint that others trained becomes a supernet of a space", add_import_weights},
    {"table", "Measured accuracies become the rows of a study", add_import_table},
    {"predictor", "An accuracy predictor of once-for-all becomes one of a space", add_import_predictor},
};

}  // namespace

Body add_import(CLI::App& app) {
  app.require_subcommand(1);
  app.footer("Example:\n  apq import weights mcunet.pth --space mcunet.yaml -o mcunet.pt\n\n`apq import KIND --help` explains each kind.");
  std::vector<std::pair<CLI::App*, Body>> bodies;
  for (auto const& kind : kinds) {
    auto* const sub = app.add_subcommand(kind.name, kind.summary);
    bodies.emplace_back(sub, kind.add(*sub));
  }
  return [bodies](mpi::Communicator const& world) {
    for (auto const& [sub, body] : bodies)
      if (sub->parsed()) return body(world);
    return 2;
  };
}

}  // namespace apq::app
