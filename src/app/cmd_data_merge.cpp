#include "app/cmd_data.hpp"
#include "app/print.hpp"
#include "app/within.hpp"
#include "dataset/merge.hpp"

namespace apq::app {
namespace {

struct Options {
  std::filesystem::path first, second, output;
  std::string contradictions = "refuse", format;
};

}  // namespace

Verb add_merge_data(CLI::App& app) {
  auto const o = std::make_shared<Options>();
  app.add_option("first", o->first, "A study's directory, a published folder, or one stage's shards")->required();
  app.add_option("second", o->second, "Another of the same dataset")->required();
  app.add_option("-o,--output", o->output, "New folder")->required();
  add_choice(app, "--contradictions", o->contradictions, dataset::on_contradiction_names.all(),
             "Samples with two labels: refuse all; keep the first one's label; drop them. Each is listed");
  add_format(app, o->format, "table", "json");
  app.footer("Example:\n  apq data merge runs/monday runs/tuesday -o runs/both");
  return [o] {
    auto const choice = *dataset::on_contradiction_names.find(o->contradictions);
    auto const stages = dataset::merge_datasets(o->first, o->second, o->output, choice);
    print((o->format == "json" ? dataset::merge_json : dataset::merge_table)(stages));
    return 0;
  };
}

}  // namespace apq::app
