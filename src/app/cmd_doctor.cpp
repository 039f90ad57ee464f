#include <cstdio>

#include "app/command.hpp"
#include "app/print.hpp"
#include "common/core/error.hpp"
#include "common/mpi/collectives.hpp"
#include "study/doctor.hpp"

namespace apq::app {

Body add_doctor(CLI::App& app) {
  auto const format = std::make_shared<std::string>("table");
  app.add_option("--format", *format, "Output")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.footer(
      "Example:\n  mpirun -n 2 apq doctor\nEach line is ok, note (works, but read the advice) or "
      "missing (exit status 4). Run it where and as the study will run.");
  return [format](mpi::Communicator const& world) {
    auto const job = study::shape_of_job(world);
    int status = 0;
    if (world.is_root()) {
      auto const findings = study::examine_machine(job);
      print((*format == "json" ? study::findings_json : study::findings_table)(findings));
      if (study::is_anything_missing(findings)) status = static_cast<int>(Errc::io);
    }
    return mpi::broadcast(world, std::vector{status}).front();
  };
}

}  // namespace apq::app
