#include <cstdio>

#include <fmt/format.h>

#include "app/command.hpp"
#include "app/experiment_options.hpp"
#include "app/job_scope.hpp"
#include "app/print.hpp"
#include "common/core/atomic_file.hpp"
#include "study/admission.hpp"
#include "study/result_text.hpp"
#include "study/stages.hpp"

namespace apq::app {
Body add_search(CLI::App& app) {
  auto const options = add_experiment_options(app);
  auto const format = std::make_shared<std::string>("table");
  app.add_option("--format", *format, "Output")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.footer(
      "Example:\n  mpirun -n 2 apq search --study runs/quickstart --set 'search.constraints=[{metric: latency_ms, limit: 0.2}]'\n"
      "A limit that no subnet can meet is an error that names the smallest possible cost.");
  return [options, format](mpi::Communicator const& world) {
    auto const experiment = study::load_experiment(world, *options);
    if (answered(world, experiment, *options)) return 0;
    JobScope const job(world, experiment, options->time_left);
    study::StudyRun run(world, experiment);
    study::admit(run, study::Looks::at_settings);
    study::search_stage(run);
    if (!world.is_root()) return 0;
    auto const file = experiment.layout.search_summary();
    print(*format == "json" ? read_file(file) : study::table_of(study::read_search(file)));
    return 0;
  };
}

}  // namespace apq::app
