#include "common/net/weight_import_text.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "common/core/printable.hpp"

namespace apq::net {
namespace fs = std::filesystem;
namespace {

std::string counts_text(checkpoint::WeightNames const& names) {
  return fmt::format("{} matched, {} missing, {} unexpected, {} mis-shaped, {} ignored (batch counters, quantiser ranges)\n",
                     names.matched.size(), names.missing.size(), names.unexpected.size(), names.misshaped.size(), names.ignored.size());
}

std::string outcome_text(ImportedWeights const& imported) {
  return fmt::format("channels {}, hash {}", imported.is_sorted ? "sorted" : "as they were", imported.hash);
}

}  // namespace

std::string import_json(fs::path const& file, fs::path const& output, ImportedWeights const& imported) {
  auto const& names = imported.names;
  auto matched = nlohmann::ordered_json::array();
  for (auto const& pair : names.matched) matched.push_back({{"from", pair.from}, {"to", pair.to}, {"shape", pair.shape}});
  auto misshaped = nlohmann::ordered_json::array();
  for (auto const& misfit : names.misshaped)
    misshaped.push_back({{"from", misfit.from}, {"to", misfit.to}, {"shape", misfit.shape}, {"expected", misfit.expected}});
  nlohmann::ordered_json const json{{"file", file.string()},
                                    {"reading", checkpoint::reading_json(imported.reading)},
                                    {"output", imported.is_written ? output.string() : ""},
                                    {"written", imported.is_written},
                                    {"sorted", imported.is_sorted},
                                    {"hash", imported.hash},
                                    {"matched", matched},
                                    {"missing", names.missing},
                                    {"unexpected", names.unexpected},
                                    {"misshaped", misshaped},
                                    {"ignored", names.ignored}};
  // names of others need not be UTF-8
  return json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string import_table(fs::path const& file, fs::path const& output, ImportedWeights const& imported) {
  auto const& names = imported.names;
  auto text = checkpoint::reading_text(file.string(), imported.reading) + "\n";
  std::size_t width = 4;
  for (auto const& pair : names.matched) width = std::max(width, pair.from.size());
  text += fmt::format("{:<{}}  {:<18}  {}\n", "from", width, "shape", "to");
  for (auto const& pair : names.matched)
    text += fmt::format("{:<{}}  {:<18}  {}\n", printable(pair.from), width, fmt::format("{}", fmt::join(pair.shape, " x ")),
                        pair.from == pair.to ? "(same name)" : pair.to);
  for (auto const& name : names.missing) text += fmt::format("missing     {}\n", printable(name));
  for (auto const& name : names.unexpected) text += fmt::format("unexpected  {}\n", printable(name));
  for (auto const& misfit : names.misshaped)
    text += fmt::format("mis-shaped  {} is {}; {} is {}\n", printable(misfit.from), fmt::join(misfit.shape, " x "), misfit.to,
                        fmt::join(misfit.expected, " x "));
  text += counts_text(names);
  if (imported.is_written) text += fmt::format("{}: written, {}\n", printable(output.string()), outcome_text(imported));
  return text;
}

std::string dry_run_text(fs::path const& file, ImportedWeights const& imported) {
  auto text = checkpoint::reading_text(file.string(), imported.reading) + "\n" + checkpoint::first_tensors_text(imported.reading) +
              counts_text(imported.names);
  if (imported.names.fits()) text += fmt::format("would be written: {}; nothing is\n", outcome_text(imported));
  return text;
}

}  // namespace apq::net
