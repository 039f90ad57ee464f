#include "app/cmd_data.hpp"

#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fmt/format.h>

#include "app/command.hpp"
#include "common/core/error.hpp"
#include "common/mpi/collectives.hpp"

namespace apq::app {

Body add_data(CLI::App& app) {
  auto const o = std::make_shared<DataOptions>();
  app.require_subcommand(1);
  std::vector<std::pair<CLI::App*, int (*)(DataOptions const&)>> bodies;
  auto const verb = [&](char const* name, char const* summary, char const* example, int (*run)(DataOptions const&)) {
    auto* const sub = app.add_subcommand(name, summary);
    sub->add_option("directory", o->directory, "A study's directory, or one stage's shards")->required();
    sub->footer(std::string("Example:\n  ") + example);
    bodies.emplace_back(sub, run);
    return sub;
  };
  auto const formats = [o](CLI::App* sub, std::string const& first, std::string const& second) {
    sub->add_option("--format", o->format, first + " (default) or " + second)->check(CLI::IsMember({first, second}));
    sub->callback([o, first] { o->format = o->format.empty() ? first : o->format; });
  };
  auto const space = [o](CLI::App* sub) { sub->add_option("--space", o->space, "Search space (default: the study's)"); };
  formats(verb("list", "Rows, shards, range of accuracies and content hash of each stage", "apq data list runs/quickstart", list_data),
          "table", "json");
  space(verb("verify", "Check every shard and row; one line a fault, exit status 3 when there is one", "apq data verify runs/quickstart",
             verify_data));
  verb("hash", "Content hash over the canonical rows sorted by id; equal data, equal hash", "apq data hash runs/quickstart", hash_data);
  auto* const rows =
      verb("export", "Print all rows, with subnets in concrete values where the space is known",
           "apq data export runs/quickstart --format jsonl --space configs/spaces/fashion_mnist.yaml > rows.jsonl", export_data);
  formats(rows, "csv", "jsonl");
  space(rows);
  verb("join", "Write dataset_STAGE.h5, one virtual array over all shards, for h5py", "apq data join runs/quickstart", join_data);
  verb("provenance", "Write down how the study was made, as one file: configuration, versions, hashes of inputs, jobs, failures",
       "apq data provenance runs/quickstart -o quickstart.json && apq run --reproduce quickstart.json", provenance_data)
      ->add_option("-o,--output", o->output, "The record (default: provenance.json in the study's directory)");
  app.footer("Example:\n  apq data verify runs/quickstart && apq data export runs/quickstart --format jsonl > rows.jsonl");
  return [o, bodies](mpi::Communicator const& world) {
    int status = 0;
    mpi::collectively(world, [&] {
      if (!world.is_root()) return;
      try {
        for (auto const& [sub, run] : bodies)
          if (sub->parsed()) status = run(*o);
        if (std::fflush(stdout) != 0) throw std::system_error(errno, std::generic_category());
      } catch (std::system_error const& e) {  // fmt's too, when the standard output is full
        throw Error(Errc::io, fmt::format("apq data: input or output failed ({})", e.what()));
      }
    });
    return mpi::broadcast(world, std::vector{status}).front();
  };
}

}  // namespace apq::app
