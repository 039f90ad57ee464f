#include "common/net/weight_import_text.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace apq::net {
namespace fs = std::filesystem;

std::string import_json(fs::path const& file, fs::path const& output, ImportedWeights const& imported) {
  auto const& names = imported.names;
  auto matched = nlohmann::ordered_json::array();
  for (auto const& pair : names.matched) matched.push_back({{"from", pair.from}, {"to", pair.to}, {"shape", pair.shape}});
  auto misshaped = nlohmann::ordered_json::array();
  for (auto const& misfit : names.misshaped)
    misshaped.push_back({{"from", misfit.from}, {"to", misfit.to}, {"shape", misfit.shape}, {"expected", misfit.expected}});
  nlohmann::ordered_json const json{{"file", file.string()},          {"output", imported.is_written ? output.string() : ""},
                                    {"written", imported.is_written}, {"sorted", imported.is_sorted},
                                    {"hash", imported.hash},          {"matched", matched},
                                    {"missing", names.missing},       {"unexpected", names.unexpected},
                                    {"misshaped", misshaped},         {"ignored", names.ignored}};
  // names of others need not be UTF-8
  return json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string import_table(fs::path const& output, ImportedWeights const& imported) {
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
    text +=
        fmt::format("{}: written, channels {}, hash {}\n", output.string(), imported.is_sorted ? "sorted" : "as they were", imported.hash);
  return text;
}

}  // namespace apq::net
