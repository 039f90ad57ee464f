#include "app/cmd_data.hpp"

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "app/command.hpp"
#include "common/core/error.hpp"
#include "common/mpi/collectives.hpp"

namespace apq::app {
namespace {

struct NamedVerb {
  char const* name;
  char const* summary;
  Verb (*add)(CLI::App& app);
};

constexpr NamedVerb verbs[] = {
    {"list", "Rows, shards, range of accuracies and content hash of each stage", add_list_data},
    {"verify", "Check every shard and row; one line a fault, exit status 3 when there is one", add_verify_data},
    {"hash", "Content hash over the canonical rows sorted by id; equal data, equal hash", add_hash_data},
    {"export", "Print all rows, with subnets in concrete values where the space is known", add_export_data},
    {"query", "Print rows that fit conditions, in the columns asked for", add_query_data},
    {"join", "Write dataset_STAGE.h5, one virtual array over all shards, for h5py", add_join_data},
    {"diff", "How well two collections agree, such as two labs' rebuilds", add_diff_data},
    {"merge", "Two collections of one dataset become one; contradictions are refused", add_merge_data},
    {"publish", "A folder for others: shards, CSV and JSON lines, data card, Croissant, citation, licence, checksums", add_publish_data},
    {"provenance", "Write down how the study was made, as one file: configuration, versions, hashes of inputs, jobs, failures",
     add_provenance_data},
};

}  // namespace

Body add_data(CLI::App& app) {
  app.require_subcommand(1);
  std::vector<std::pair<CLI::App*, Verb>> bodies;
  for (auto const& verb : verbs) {
    auto* const sub = app.add_subcommand(verb.name, verb.summary);
    bodies.emplace_back(sub, verb.add(*sub));
  }
  app.footer("Example:\n  apq data verify runs/quickstart && apq data export runs/quickstart --format jsonl > rows.jsonl");
  return [bodies](mpi::Communicator const& world) {
    int status = 0;
    mpi::collectively(world, [&] {
      if (!world.is_root()) return;
      try {
        for (auto const& [sub, run] : bodies)
          if (sub->parsed()) status = run();
        if (std::fflush(stdout) != 0) throw std::system_error(errno, std::generic_category());
      } catch (std::system_error const& e) {  // fmt's too, when the standard output is full
        throw Error(Errc::io, fmt::format("apq data: input or output failed ({})", e.what()));
      }
    });
    return mpi::broadcast(world, std::vector{status}).front();
  };
}

}  // namespace apq::app
