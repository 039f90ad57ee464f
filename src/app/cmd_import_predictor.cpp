#include <cstdio>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "app/cmd_import.hpp"
#include "app/print.hpp"
#include "app/within.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/printable.hpp"
#include "common/mpi/collectives.hpp"
#include "train/predictor_import.hpp"

namespace apq::app {
namespace {

struct Options {
  std::filesystem::path file, space, output;
  std::vector<int> sizes;
  std::string format = "table", key;
  bool dry_run = false;
};

std::string import_file(Options const& o) {
  if (o.output.empty() && !o.dry_run) throw Error(Errc::config, "--output is missing: where to write the predictor (--dry-run needs none)");
  auto const imported = train::import_predictor(space::load_space(o.space), o.file, o.sizes, o.key);
  if (!o.dry_run) {
    if (o.output.has_parent_path()) make_directory(o.output.parent_path());
    imported.predictor.save(o.output);
  }
  if (o.format == "json")
    return nlohmann::ordered_json{{"output", o.dry_run ? "" : o.output.string()},
                                  {"reading", checkpoint::reading_json(imported.reading)},
                                  {"layout", imported.layout},
                                  {"known_sizes", imported.known_sizes},
                                  {"interpolated", imported.interpolated}}
               .dump(2, ' ', false, nlohmann::json::error_handler_t::replace) +
           "\n";
  auto text = checkpoint::reading_text(o.file.string(), imported.reading) + "\n";
  if (o.dry_run) text += checkpoint::first_tensors_text(imported.reading);
  text += fmt::format("{}: a predictor of {}, trained on image sizes {}\n", o.dry_run ? "would be written" : printable(o.output.string()),
                      imported.layout, fmt::join(imported.known_sizes, ", "));
  if (!imported.interpolated.empty()) text += fmt::format("interpolated for image sizes {}\n", fmt::join(imported.interpolated, ", "));
  return text;
}

}  // namespace

Body add_import_predictor(CLI::App& app) {
  auto const o = std::make_shared<Options>();
  app.add_option("file", o->file, "Accuracy predictor of once-for-all, a file of torch.save (zip or older) or of safetensors")->required();
  app.add_option("--space", o->space, "Search space (YAML) that it predicts for")->required();
  app.add_option("-o,--output", o->output, "Where to write it, e.g. STUDY/predictor.pt, from which `apq train --stage quant` transfers");
  app.add_option("--key", o->key, "State dict to take where the file holds several: state_dict_ema, ema.model; . for the outermost");
  app.add_option("--sizes", o->sizes, "Image sizes of its inputs, where they precede the kernels (default: 128,160,192,224)")
      ->delimiter(',')
      ->check(within(1, 8192));
  app.add_flag("--dry-run", o->dry_run, "Say what is read and how it is understood, with the first tensors; write nothing");
  app.add_option("--format", o->format, "table or json")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.footer(
      "Image sizes of the space must lie within those the predictor was trained on (docs/tables.md).\n\n"
      "Example:\n  apq import predictor acc_predictor.pth --space ofa.yaml -o runs/ofa/predictor.pt");
  return [o](mpi::Communicator const& world) {
    std::string text;
    mpi::collectively(world, [&] {
      if (world.is_root()) text = import_file(*o);
    });
    if (world.is_root()) {
      print(text);
      std::fflush(stdout);
    }
    return 0;
  };
}

}  // namespace apq::app
