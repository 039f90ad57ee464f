#include <fmt/format.h>

#include "app/cmd_data.hpp"
#include "collect/stored_stage.hpp"
#include "common/core/printable.hpp"
#include "common/h5/joined.hpp"

namespace apq::app {

Verb add_join_data(CLI::App& app) {
  auto const directory = std::make_shared<std::filesystem::path>();
  app.add_option("directory", *directory, "A study's directory, or one stage's shards")->required();
  app.footer("Example:\n  apq data join runs/quickstart");
  return [directory] {
    for (auto const& stage : collect::stored_stages(*directory)) {
      h5::write_joined(h5::read_dataset(stage.directory), stage.joined);
      fmt::print("{}\n", printable(stage.joined.string()));
    }
    return 0;
  };
}

}  // namespace apq::app
