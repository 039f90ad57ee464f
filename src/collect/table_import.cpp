#include "collect/table_import.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/core/stop_request.hpp"
#include "common/space/subnet_json.hpp"

namespace apq::collect {
namespace {

constexpr std::size_t min_rows_of_grid = 20;
constexpr std::uint32_t largest_grid = 100'000;
constexpr double grid_tolerance = 1e-7;  // single-precision accuracies

struct SoundEntry {
  std::size_t line;
  space::Genes genes;
  double accuracy;
  std::optional<std::uint32_t> correct, images;
};

bool is_power_of_ten(std::uint32_t n) {
  while (n % 10 == 0) n /= 10;
  return n == 1;
}

/// Genes of an entry's subnet. @throws Error naming what is wrong.
space::Genes genes_of_entry(space::SearchSpace const& space, TableEntry const& entry, std::string& stage) {
  auto const subnet = space::subnet_from_json(space, entry.subnet, "");
  std::string const own = subnet.bits ? "quant" : "fp";
  if (stage.empty()) stage = own;
  if (own != stage)
    throw Error(Errc::data, stage == "fp" ? ": has bit widths, but the table is of stage fp"
                                          : ": has no bit widths (pw_w_bits, ...), but the table is of stage quant");
  return space::genes_of(space, subnet);
}

}  // namespace

std::uint32_t images_from_grid(std::vector<double> const& accuracies) {
  if (accuracies.size() < min_rows_of_grid) return 0;
  for (std::uint32_t n = 2; n <= largest_grid; ++n) {
    bool const fits = std::all_of(accuracies.begin(), accuracies.end(), [&](double accuracy) {
      double const hits = accuracy * n;
      return std::abs(hits - std::nearbyint(hits)) <= std::max(n * grid_tolerance, 1e-9);
    });
    if (fits) return is_power_of_ten(n) ? 0 : n;
  }
  return 0;
}

ImportedTable import_table(space::SearchSpace const& space, std::string_view text, std::string const& name, TableOptions const& options) {
  ImportedTable table;
  table.stage = options.stage;
  std::vector<SoundEntry> entries;
  auto const add_fault = [&](std::size_t line, std::string const& problem) {
    table.faults.push_back(fmt::format("{}:{}: {}", name, line, problem));
  };
  std::size_t num_entries = 0;
  table.format = read_table_text(text, name, options.columns, [&](TableEntry&& entry) {
    throw_if_stopping("import");
    ++num_entries;
    if (!entry.fault.empty()) return add_fault(entry.line, entry.fault);
    try {
      entries.push_back({entry.line, genes_of_entry(space, entry, table.stage), entry.accuracy, entry.correct, entry.images});
    } catch (Error const& e) {
      std::string_view const problem = e.what();
      add_fault(entry.line, std::string(problem.substr(problem.starts_with(": ") ? 2 : 0)));
    }
  });
  if (num_entries == 0) throw Error(Errc::data, fmt::format("{}: holds no entry", name));

  std::vector<double> given;
  for (auto const& entry : entries)
    if (!entry.correct) given.push_back(entry.accuracy);
  if (!given.empty()) {
    auto const middle = given.begin() + static_cast<std::ptrdiff_t>((given.size() - 1) / 2);
    std::nth_element(given.begin(), middle, given.end());
    table.percent = options.unit == AccuracyUnit::percent || (options.unit == AccuracyUnit::by_content && *middle > 1);
  }
  double const whole = table.percent ? 100 : 1;
  for (auto& accuracy : given) accuracy /= whole;
  table.images = options.images;
  bool const rows_tell = std::all_of(entries.begin(), entries.end(), [](SoundEntry const& e) { return e.images.has_value(); });
  if (table.images == 0 && !rows_tell && table.faults.empty()) {
    table.images = images_from_grid(given);
    table.images_from_grid = table.images > 0;
    if (table.images == 0)
      throw Error(Errc::data, fmt::format("{}: does not tell how many images its accuracies are means over (a label is a count of "
                                          "hits); give it with --images",
                                          name));
  }

  std::unordered_map<std::string, std::size_t> first_with;  // genes -> index into rows
  std::vector<std::size_t> lines;
  for (auto const& entry : entries) {
    double const accuracy = entry.correct ? entry.accuracy : entry.accuracy / whole;
    if (!(accuracy >= 0 && accuracy <= 1)) {
      add_fault(entry.line, fmt::format("the accuracy {} is outside [0, {}] (the table's accuracies are {}); --unit says otherwise",
                                        entry.accuracy, whole, table.percent ? "percent" : "fractions"));
      continue;
    }
    if (options.images > 0 && entry.images && *entry.images != options.images) {
      add_fault(entry.line, fmt::format("counts {} images; --images says {}", *entry.images, options.images));
      continue;
    }
    auto const images = entry.images ? *entry.images : table.images;
    auto const correct = entry.correct ? *entry.correct : static_cast<std::uint32_t>(std::lround(accuracy * images));
    auto const [found, is_new] = first_with.try_emplace(std::string(entry.genes.begin(), entry.genes.end()), table.rows.size());
    if (is_new) {
      constexpr float unknown = std::numeric_limits<float>::quiet_NaN();
      table.rows.push_back({.id = table.rows.size(),
                            .genes = entry.genes,
                            .correct = correct,
                            .correct5 = correct,
                            .total = images,
                            .loss = unknown,
                            .seconds = 0,
                            .joules = unknown});
      lines.push_back(entry.line);
      continue;
    }
    auto const& before = table.rows[found->second];
    if (before.correct == correct && before.total == images) ++table.num_repeated;
    else
      add_fault(entry.line, fmt::format("repeats the subnet of line {} with another accuracy ({} of {} instead of {} of {})",
                                        lines[found->second], correct, images, before.correct, before.total));
  }
  return table;
}

}  // namespace apq::collect
