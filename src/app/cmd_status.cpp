#include <chrono>
#include <cstdio>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "app/command.hpp"
#include "app/print.hpp"
#include "app/within.hpp"
#include "common/mpi/collectives.hpp"
#include "study/study_view.hpp"

namespace apq::app {
namespace {

struct StatusOptions {
  std::filesystem::path study;
  std::string format = "table";
  double every = 0;  // s; 0: once
};

void show(std::string const& text) {
  print(text);
  std::fflush(stdout);
}

// Until a signal ends it. On a terminal each look takes the place of the one before it.
[[noreturn]] void watch(study::StudyView& view, StatusOptions const& options) {
  bool const is_terminal = ::isatty(STDOUT_FILENO) == 1;
  for (;;) {
    auto const progress = view.look();
    auto const text = options.format == "json" ? study::progress_json(progress) : study::progress_table(progress);
    if (is_terminal) std::fputs("\033[H\033[J", stdout);
    show(text + (options.format == "json" ? "" : "\n"));
    std::this_thread::sleep_for(std::chrono::duration<double>(options.every));
  }
}

}  // namespace

Body add_status(CLI::App& app) {
  auto const options = std::make_shared<StatusOptions>();
  app.add_option("study", options->study, "Study directory")->required();
  app.add_option("--format", options->format, "table or json")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.add_option("--watch", options->every, "Look again every so many seconds (default: 5)")
      ->expected(0, 1)
      ->default_str("5")
      ->check(within(0.1, 86400.0));
  app.footer(
      "Example:\n  apq status runs/quickstart --watch\n"
      "Files are believed by size, time and inode; `apq run` looks closer, and at images and weights too. A job is silent when it has not "
      "beaten for jobs.expiry: others take over what it had begun. Costs with ~ hold what jobs say that is not in the ledger yet.");
  return [options](mpi::Communicator const& world) {
    mpi::collectively(world, [&] {
      if (!world.is_root()) return;
      study::StudyView view({options->study});
      if (options->every > 0) watch(view, *options);
      auto const progress = view.look();
      show(options->format == "json" ? study::progress_json(progress) : study::progress_table(progress));
    });
    return 0;
  };
}

}  // namespace apq::app
