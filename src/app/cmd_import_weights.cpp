#include <cstdio>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "app/cmd_import.hpp"
#include "common/core/error.hpp"
#include "common/mpi/collectives.hpp"
#include "common/net/weight_import.hpp"

namespace apq::app {
namespace {

struct Options {
  std::filesystem::path file, space, output;
  std::string layout = "apq", sort = "auto", format = "table";
};

nlohmann::ordered_json json_of(Options const& o, net::ImportedWeights const& imported) {
  auto const& names = imported.names;
  auto matched = nlohmann::ordered_json::array();
  for (auto const& pair : names.matched) matched.push_back({{"from", pair.from}, {"to", pair.to}, {"shape", pair.shape}});
  auto misshaped = nlohmann::ordered_json::array();
  for (auto const& misfit : names.misshaped)
    misshaped.push_back({{"from", misfit.from}, {"to", misfit.to}, {"shape", misfit.shape}, {"expected", misfit.expected}});
  return {{"file", o.file.string()},        {"output", imported.is_written ? o.output.string() : ""},
          {"written", imported.is_written}, {"sorted", imported.is_sorted},
          {"hash", imported.hash},          {"matched", matched},
          {"missing", names.missing},       {"unexpected", names.unexpected},
          {"misshaped", misshaped},         {"ignored", names.ignored}};
}

std::string table_of(Options const& o, net::ImportedWeights const& imported) {
  auto const& names = imported.names;
  std::size_t width = 4;
  for (auto const& pair : names.matched) width = std::max(width, pair.from.size());
  auto text = fmt::format("{:<{}}  {:<18}  {}\n", "from", width, "shape", "to");
  for (auto const& pair : names.matched)
    text += fmt::format("{:<{}}  {:<18}  {}\n", pair.from, width, fmt::format("{}", fmt::join(pair.shape, " x ")),
                        pair.from == pair.to ? "(same name)" : pair.to);
  for (auto const& name : names.missing) text += fmt::format("missing     {}\n", name);
  for (auto const& name : names.unexpected) text += fmt::format("unexpected  {}\n", name);
  for (auto const& misfit : names.misshaped)
    text += fmt::format("mis-shaped  {} is {}; {} is {}\n", misfit.from, fmt::join(misfit.shape, " x "), misfit.to,
                        fmt::join(misfit.expected, " x "));
  text += fmt::format("{} matched, {} missing, {} unexpected, {} mis-shaped, {} ignored (batch counters, quantiser ranges)\n",
                      names.matched.size(), names.missing.size(), names.unexpected.size(), names.misshaped.size(), names.ignored.size());
  if (imported.is_written)
    text += fmt::format("{}: written, channels {}, hash {}\n", o.output.string(), imported.is_sorted ? "sorted" : "as they were",
                        imported.hash);
  return text;
}

}  // namespace

Body add_import_weights(CLI::App& app) {
  auto const o = std::make_shared<Options>();
  app.add_option("file", o->file, "Checkpoint, a file of torch.save (zip or older)")->required();
  app.add_option("--space", o->space, "Search space (YAML) or net config (JSON)")->required();
  app.add_option("-o,--output", o->output, "Where to write the weights")->required();
  app.add_option("--layout", o->layout, "apq: the bare state dict; release: {'state_dict': ...}")
      ->check(CLI::IsMember({"apq", "release"}))
      ->capture_default_str();
  app.add_option("--sort", o->sort, "Middle channels by importance; auto: where the network was trained at one width")
      ->check(CLI::IsMember({"auto", "yes", "no"}))
      ->capture_default_str();
  app.add_option("--format", o->format, "table or json")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  app.footer(
      "Reads OFA's, ProxylessNAS's, the APQ release's and MCUNet's names. Nothing is written unless every key matches.\n\n"
      "Example:\n  apq space from-net mcunet.json -o mcunet.yaml\n"
      "  apq import weights mcunet.pth --space mcunet.yaml -o mcunet.pt");
  return [o](mpi::Communicator const& world) {
    mpi::collectively(world, [&] {
      if (!world.is_root()) return;
      net::ImportOptions options;
      options.release_layout = o->layout == "release";
      options.order = o->sort == "auto"  ? net::ChannelOrder::automatic
                      : o->sort == "yes" ? net::ChannelOrder::sorted
                                         : net::ChannelOrder::kept;
      auto const imported = net::import_weights(space::load_space(o->space), o->file, o->output, options);
      auto const text = o->format == "json" ? json_of(*o, imported).dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"
                                            : table_of(*o, imported);
      std::fputs(text.c_str(), stdout);
      std::fflush(stdout);
      checkpoint::require_fit(imported.names, o->file.string());
    });
    return 0;
  };
}

}  // namespace apq::app
