#include "collect/table_import.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "common/core/error.hpp"
#include "common/core/stop_request.hpp"
#include "common/space/subnet_json.hpp"

namespace apq::collect {
namespace {
using Json = nlohmann::json;

struct SoundEntry {
  std::size_t file, line;
  space::Genes genes;
  std::optional<WrittenAccuracy> accuracy;
  std::optional<std::uint32_t> correct, images;
  RoundedFraction fraction{};  ///< where it does not count hits

  bool counts_hits() const { return correct && images; }
};

/// Gives a subnet the image size that its file's name says. @throws Error(data), without a place, where it says another one.
void apply_image_size(Json& subnet, int size) {
  auto& info = subnet.is_array() && !subnet.empty() ? subnet[0] : subnet;
  if (!info.is_object()) return;
  for (char const* key : {"r", "image_size"}) {
    if (!info.contains(key) || info.at(key).is_null()) continue;
    auto const& value = info.at(key).is_array() && info.at(key).size() == 1 ? info.at(key)[0] : info.at(key);
    if (value.is_number() && value.get<double>() != size)
      throw Error(Errc::data, fmt::format("{} = {}, but the file's name says {}", key, value.dump(), size));
    return;
  }
  info["image_size"] = size;
}

/// Genes of an entry's subnet. @throws Error naming what is wrong.
space::Genes genes_of_entry(space::SearchSpace const& space, TableEntry& entry, std::optional<int> image_size, std::string& stage) {
  if (image_size) apply_image_size(entry.subnet, *image_size);
  auto const subnet = space::subnet_from_json(space, entry.subnet, "");
  std::string const own = subnet.bits ? "quant" : "fp";
  if (stage.empty()) stage = own;
  if (own != stage)
    throw Error(Errc::data, stage == "fp" ? ": has bit widths, but the table is of stage fp"
                                          : ": has no bit widths (pw_w_bits, ...), but the table is of stage quant");
  return space::genes_of(space, subnet);
}

/// Tables on their way to rows: each step adds to `table`, its faults too.
class Import {
 public:
  Import(space::SearchSpace const& space, std::vector<TableText> const& texts, TableOptions const& options)
      : space_(space), texts_(texts), options_(options) {
    table.stage = options.stage;
    table.repeats = options.repeats;
  }
  ImportedTable table;

  void read() {
    for (std::size_t file = 0; file < texts_.size(); ++file) {
      auto const& [name, text, image_size] = texts_[file];
      ReadTable of_file{.name = name, .dialect = {}, .image_size = image_size};
      auto const size = image_size;  // clang 14 captures no binding
      of_file.dialect = read_table_text(text, name, options_.columns, [&](TableEntry&& entry) {
        throw_if_stopping("import");
        ++of_file.entries;
        if (!entry.fault.empty()) return add_fault(file, entry.line, entry.fault);
        try {
          auto genes = genes_of_entry(space_, entry, size, table.stage);
          entries_.push_back({file, entry.line, std::move(genes), entry.accuracy, entry.correct, entry.images});
        } catch (Error const& e) {
          std::string_view const problem = e.what();
          add_fault(file, entry.line, std::string(problem.substr(problem.starts_with(": ") ? 2 : 0)));
        }
      });
      if (of_file.entries == 0) throw Error(Errc::data, fmt::format("{}: holds no entry", name));
      table.files.push_back(std::move(of_file));
    }
  }

  /// Accuracies become fractions.
  void find_units() {
    for (std::size_t file = 0; file < table.files.size(); ++file) {
      auto& of_file = table.files[file];
      std::vector<LinedAccuracy> accuracies;
      for (auto const& entry : entries_)
        if (entry.file == file && !entry.counts_hits()) accuracies.push_back({entry.line, *entry.accuracy});
      if (accuracies.empty()) continue;
      auto const unit = unit_of(accuracies, options_.unit, of_file.dialect.says_percent);
      of_file.has_accuracies = true;
      of_file.percent = unit.percent;
      if (unit.fault) {
        add_fault(file, unit.fault->line, unit.fault->problem);
        continue;
      }
      double const whole = unit.percent ? 100 : 1;
      double const rounding = rounding_of(accuracies, unit.percent);
      for (auto& entry : entries_) {
        if (entry.file != file || entry.counts_hits()) continue;
        entry.fraction = {entry.accuracy->value / whole, rounding};
        if (!(entry.fraction.value >= 0 && entry.fraction.value <= 1))
          add_fault(file, entry.line,
                    fmt::format("the accuracy {} is outside [0, {}] (the table's accuracies are {}); --unit says otherwise",
                                entry.accuracy->value, whole, unit.percent ? "percent" : "fractions"));
      }
    }
  }

  void find_images() {
    table.images = options_.images;
    if (table.images > 0) {
      for (auto const& entry : entries_)
        if (entry.images && *entry.images != table.images)
          add_fault(entry.file, entry.line, fmt::format("counts {} images; --images says {}", *entry.images, table.images));
      auto const grid = images_from_grid(values());
      table.least_images = grid == table.images ? 0 : grid;
    } else if (!std::all_of(entries_.begin(), entries_.end(), [](SoundEntry const& e) { return e.images.has_value(); })) {
      table.images = images_from_grid(values());
      table.images_from_grid = table.images > 0;
      if (table.images == 0)
        throw Error(Errc::data, fmt::format("{}: does not tell how many images its accuracies are means over (a label is a count of "
                                            "hits); give it with --images",
                                            texts_.front().name));
    }
    require_fit();
  }

  void make_rows() {
    constexpr float unknown = std::numeric_limits<float>::quiet_NaN();
    std::vector<h5::Row> rows;
    for (auto const& entry : entries_) {
      auto const images = images_of(entry);
      auto const correct = entry.counts_hits() ? *entry.correct : static_cast<std::uint32_t>(std::lround(entry.fraction.value * images));
      rows.push_back({.id = rows.size(),
                      .genes = entry.genes,
                      .correct = correct,
                      .correct5 = correct,
                      .total = images,
                      .loss = unknown,
                      .seconds = 0,
                      .joules = unknown});
    }
    table.noise = noise_of_repeats(rows);
    auto settled = settle_repeats(rows, options_.repeats);
    for (auto const& [row, first] : settled.contradicting)
      add_fault(
          entries_[row].file, entries_[row].line,
          fmt::format("repeats the subnet of {} with another accuracy ({} of {} instead of {} of {}); --repeats first, mean or all says "
                      "what to do with it",
                      other_place(entries_[first], entries_[row].file), rows[row].correct, rows[row].total, rows[first].correct,
                      rows[first].total));
    table.rows = std::move(settled.rows);
    table.num_repeated = settled.num_left_out;
    for (auto const i : settled.from) table.places.push_back(fmt::format("{}:{}", texts_[entries_[i].file].name, entries_[i].line));
  }

 private:
  void add_fault(std::size_t file, std::size_t line, std::string const& problem) {
    table.faults.push_back(fmt::format("{}:{}: {}", texts_[file].name, line, problem));
  }

  std::string other_place(SoundEntry const& entry, std::size_t seen_from) const {
    return entry.file == seen_from ? fmt::format("line {}", entry.line) : fmt::format("{}:{}", texts_[entry.file].name, entry.line);
  }

  std::uint32_t images_of(SoundEntry const& entry) const { return entry.images.value_or(table.images); }

  std::vector<RoundedFraction> fractions() const {
    std::vector<RoundedFraction> result;
    for (auto const& entry : entries_)
      if (!entry.counts_hits()) result.push_back(entry.fraction);
    return result;
  }
  std::vector<double> values() const {
    std::vector<double> result;
    for (auto const& fraction : fractions()) result.push_back(fraction.value);
    return result;
  }

  /// One fault for all accuracies that are no number of hits among their images.
  void require_fit() {
    SoundEntry const* first = nullptr;
    std::size_t num_unfit = 0, num_given = 0;
    for (auto const& entry : entries_) {
      if (entry.counts_hits()) continue;
      ++num_given;
      if (fits(entry.fraction, images_of(entry))) continue;
      ++num_unfit;
      if (first == nullptr) first = &entry;
    }
    if (first == nullptr) return;
    auto const images = images_of(*first);
    add_fault(
        first->file, first->line,
        fmt::format("the accuracy {} would be {:.10g} hits of {} images, which is no whole number ({} of {} accuracies do not fit {}); {}",
                    first->accuracy->value, first->fraction.value * images, images, num_unfit, num_given,
                    options_.images > 0 ? fmt::format("--images {}", images) : std::string("their images"), advice()));
  }

  /// Which number of images would fit.
  std::string advice() const {
    auto const all = fractions();
    if (auto const least = least_fit(all); least > 0) return fmt::format("{} images would fit, or a multiple", least);
    double finest = 1;
    for (auto const& fraction : all) finest = std::min(finest, fraction.rounding);
    if (finest > 1e-6) return fmt::format("what is printed fits {} images or more", std::lround(0.5 / finest));
    return "no number up to 100000 fits; for means of several runs give the images of all runs together";
  }

  space::SearchSpace const& space_;
  std::vector<TableText> const& texts_;
  TableOptions const& options_;
  std::vector<SoundEntry> entries_;
};

}  // namespace

ImportedTable import_table(space::SearchSpace const& space, std::vector<TableText> const& texts, TableOptions const& options) {
  Import import(space, texts, options);
  import.read();
  import.find_units();
  if (import.table.faults.empty()) import.find_images();
  if (import.table.faults.empty()) import.make_rows();
  return std::move(import.table);
}

ImportedTable import_table(space::SearchSpace const& space, std::string_view text, std::string const& name, TableOptions const& options) {
  return import_table(space, {{name, std::string(text), {}}}, options);
}

}  // namespace apq::collect
