#include <cstdio>

#include "app/command.hpp"
#include "common/mpi/collectives.hpp"
#include "study/status.hpp"

namespace apq::app {

Body add_status(CLI::App& app) {
  auto const study = std::make_shared<std::filesystem::path>();
  auto const format = std::make_shared<std::string>("table");
  app.add_option("study", *study, "Study directory")->required();
  app.add_option("--format", *format, "table or json")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.footer(
      "Example:\n  apq status runs/quickstart\n"
      "Files are believed by size, time and inode; `apq run` looks closer, and at images and weights too.");
  return [study, format](mpi::Communicator const& world) {
    std::string text;
    mpi::collectively(world, [&] {
      if (!world.is_root()) return;
      auto const stages = study::status_of({*study});
      text = *format == "json" ? study::status_json(stages) : study::status_table(stages);
    });
    if (world.is_root()) std::fputs(text.c_str(), stdout);
    return 0;
  };
}

}  // namespace apq::app
