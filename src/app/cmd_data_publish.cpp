#include <fmt/format.h>

#include "app/cmd_data.hpp"
#include "app/print.hpp"
#include "dataset/publish.hpp"

namespace apq::app {
namespace {

struct Options {
  std::filesystem::path directory, space, output;
  dataset::Publication said;
};

}  // namespace

Verb add_publish_data(CLI::App& app) {
  auto const o = std::make_shared<Options>();
  app.add_option("directory", o->directory, "A study's directory, or one stage's shards")->required();
  app.add_option("-o,--output", o->output, "Folder to publish; an older published folder is replaced")->required();
  app.add_option("--space", o->space, "Search space (default: the study's)");
  app.add_option("--name", o->said.name, "Of the dataset (default: that of the folder)");
  app.add_option("--description", o->said.description, "A sentence before what the rows say of themselves");
  app.add_option("--license", o->said.license, "SPDX identifier (CC-BY-4.0) or URL of the licence; without it: not declared");
  app.add_option("--license-file", o->said.license_file, "Text of the licence")->check(CLI::ExistingFile);
  app.add_option("--author", o->said.authors, "An author, any number of times; without one: not declared")->allow_extra_args(false);
  app.add_option("--url", o->said.url, "Where the folder will be published; without it: not declared");
  app.add_option("--release", o->said.release, "MAJOR.MINOR.PATCH")->capture_default_str();
  app.add_option("--date", o->said.date, "YYYY-MM-DD (default: today, UTC)");
  app.footer(
      "Example:\n  apq data publish runs/quickstart -o published/quickstart --license CC-BY-4.0 --author 'A. Author'\n"
      "Others import it with `apq import table published/quickstart --study runs/theirs`.");
  return [o] {
    auto const facts = dataset::publish(o->directory, o->space, o->output, o->said);
    std::string text;
    for (auto const& stage : facts.stages)
      text += fmt::format("{}: {} rows of stage {}\n", o->output.string(), stage.summary.rows, stage.header.stage);
    print(text + fmt::format("licence: {}\ncontent hash: {}\n", facts.said.license.empty() ? dataset::not_declared : facts.said.license,
                             facts.content_hash));
    return 0;
  };
}

}  // namespace apq::app
