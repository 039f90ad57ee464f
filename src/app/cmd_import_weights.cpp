#include <cstdio>

#include "app/cmd_import.hpp"
#include "app/print.hpp"
#include "common/core/error.hpp"
#include "common/mpi/collectives.hpp"
#include "common/net/weight_import_text.hpp"

namespace apq::app {
namespace {

struct Options {
  std::filesystem::path file, space, output;
  std::string layout = "apq", sort = "auto", format = "table", key;
  bool dry_run = false;
};

void import_file(Options const& o) {
  if (o.output.empty() && !o.dry_run) throw Error(Errc::config, "--output is missing: where to write the weights (--dry-run needs none)");
  net::ImportOptions options;
  options.release_layout = o.layout == "release";
  options.order = o.sort == "auto" ? net::ChannelOrder::automatic : o.sort == "yes" ? net::ChannelOrder::sorted : net::ChannelOrder::kept;
  options.key = o.key;
  options.dry_run = o.dry_run;
  auto const imported = net::import_weights(space::load_space(o.space), o.file, o.output, options);
  auto const text = o.format == "json" ? net::import_json(o.file, o.output, imported)
                    : o.dry_run        ? net::dry_run_text(o.file, imported)
                                       : net::import_table(o.file, o.output, imported);
  print(text);
  std::fflush(stdout);
  checkpoint::require_fit(imported.names, o.file.string());
}

}  // namespace

Body add_import_weights(CLI::App& app) {
  auto const o = std::make_shared<Options>();
  app.add_option("file", o->file, "Checkpoint: a file of torch.save (zip or older) or of safetensors")->required();
  app.add_option("--space", o->space, "Search space (YAML) or net config (JSON)")->required();
  app.add_option("-o,--output", o->output, "Where to write the weights");
  app.add_option("--key", o->key, "State dict to take where the file holds several: state_dict_ema, ema.model; . for the outermost");
  app.add_option("--layout", o->layout, "apq: the bare state dict; release: {'state_dict': ...}")
      ->check(CLI::IsMember({"apq", "release"}))
      ->capture_default_str();
  app.add_option("--sort", o->sort, "Middle channels by importance; auto: where the network was trained at one width")
      ->check(CLI::IsMember({"auto", "yes", "no"}))
      ->capture_default_str();
  app.add_flag("--dry-run", o->dry_run, "Say what is read and how it is understood, with the first tensors; write nothing");
  app.add_option("--format", o->format, "table or json")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.footer(
      "Reads OFA's, ProxylessNAS's, the APQ release's and MCUNet's names. Nothing is written unless every key matches.\n\n"
      "Example:\n  apq space from-net mcunet.json -o mcunet.yaml\n"
      "  apq import weights mcunet.pth --space mcunet.yaml -o mcunet.pt");
  return [o](mpi::Communicator const& world) {
    mpi::collectively(world, [&] {
      if (world.is_root()) import_file(*o);
    });
    return 0;
  };
}

}  // namespace apq::app
