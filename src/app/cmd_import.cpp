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
    {"table", "Measured accuracies become the rows of a study", add_import_table},
};

}  // namespace

Body add_import(CLI::App& app) {
  app.require_subcommand(1);
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
