#include "collect/row_columns.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/core/error.hpp"
#include "common/core/interval.hpp"
#include "common/space/subnet_json.hpp"

namespace apq::collect {
namespace {

using Json = nlohmann::ordered_json;
using Value = std::function<Json(RowValues const&)>;

double accuracy_of(h5::Row const& row) { return static_cast<double>(row.correct) / row.total; }
Interval interval_of(h5::Row const& row) { return wilson_interval(row.correct, row.total); }

Value of_row(auto const& get) {
  return [get](RowValues const& values) { return Json(get(values.row())); };
}
Value of_subnet(auto const& get) {
  return [get](RowValues const& values) { return values.subnet() ? Json(get(*values.subnet())) : Json(); };
}

Json subnet_json(RowValues const& values) { return values.subnet() ? Json(space::to_json(*values.space(), *values.subnet())) : Json(); }

Json image_size_json(RowValues const& values) {
  return values.space() == nullptr ? Json() : Json(space::image_size_of(*values.space(), values.row().genes));
}

std::vector<RowColumn> make_columns() {
  using h5::Row;
  using Kind = ColumnKind;
  using Needs = ColumnNeeds;
  std::vector<RowColumn> columns;
  auto const add = [&](std::string name, Kind kind, Needs needs, std::string unit, std::string meaning, Value value,
                       bool per_block = false) {
    columns.push_back({std::move(name), std::move(unit), std::move(meaning), kind, needs, per_block, std::move(value)});
  };
  add("stage", Kind::text, Needs::row, "", "fp: full precision; quant: with bit widths",
      [](RowValues const& v) { return Json(v.stage()); });
  add("id", Kind::count, Needs::row, "", "sample index within study and stage", of_row([](Row const& r) { return r.id; }));
  add("correct", Kind::count, Needs::row, "images", "top-1 hits", of_row([](Row const& r) { return r.correct; }));
  add("correct5", Kind::count, Needs::row, "images", "top-5 hits", of_row([](Row const& r) { return r.correct5; }));
  add("total", Kind::count, Needs::row, "images", "images evaluated", of_row([](Row const& r) { return r.total; }));
  add("accuracy", Kind::fraction, Needs::row, "", "correct / total", of_row(accuracy_of));
  add("low95", Kind::fraction, Needs::row, "", "lower end of the accuracy's 95 % Wilson interval",
      of_row([](Row const& r) { return interval_of(r).low; }));
  add("high95", Kind::fraction, Needs::row, "", "upper end of the accuracy's 95 % Wilson interval",
      of_row([](Row const& r) { return interval_of(r).high; }));
  add("loss", Kind::number, Needs::row, "nats", "mean cross entropy", of_row([](Row const& r) { return r.loss; }));
  add("seconds", Kind::number, Needs::row, "s", "wall time of the sample", of_row([](Row const& r) { return r.seconds; }));
  add("joules", Kind::number, Needs::row, "J", "energy of the sample", of_row([](Row const& r) { return r.joules; }));
  add("genes", Kind::list, Needs::row, "", "1 + index of each choice, 0 where a block is inactive",
      of_row([](Row const& r) { return r.genes; }));
  add("subnet", Kind::subnet, Needs::row, "", "the subnet in values", subnet_json);
  add("ks", Kind::list, Needs::space, "pixels", "kernel size of each block", of_subnet([](auto const& s) { return s.kernels; }), true);
  add("mid_channels", Kind::list, Needs::space, "channels", "middle width of each block",
      of_subnet([](auto const& s) { return s.middle_channels; }), true);
  add("d", Kind::list, Needs::space, "blocks", "depth of each stage", of_subnet([](auto const& s) { return s.depths; }));
  add("r", Kind::count, Needs::space, "pixels", "image size", image_size_json);
  for (std::size_t role = 0; role < space::num_roles; ++role)
    add(
        space::role_names[role] + std::string("_bits"), Kind::list, Needs::space, "bits", "bit width of each block",
        [role](RowValues const& v) { return v.subnet() && v.subnet()->bits ? Json((*v.subnet()->bits)[role]) : Json(); }, true);
  for (auto const& metric : cost::metrics)  // what hardware answers for depends on a configuration
    if (metric.coverage == cost::Coverage::whole_network)
      add(metric.name, Kind::count, Needs::costs, metric.unit, metric.meaning, [field = metric.field](RowValues const& v) {
        return v.costs() != nullptr && v.subnet() ? Json(std::llround((*v.costs())(v.row().genes).*field)) : Json();
      });
  return columns;
}

std::string quoted(std::string const& text) {
  std::string result = "\"";
  for (char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
  return result + '"';
}

// An unknown number is an empty field, which every reader of CSV takes for a missing value.
std::string field_of(RowColumn const& column, Json const& value) {
  if (value.is_null() || (value.is_number_float() && !std::isfinite(value.get<double>()))) return "";
  switch (column.kind) {
    case ColumnKind::text:
      return value.get<std::string>();
    case ColumnKind::fraction:
      return fmt::format("{:.6f}", value.get<double>());
    case ColumnKind::number:
      return fmt::format("{}", value.get<float>());
    case ColumnKind::list:
      return fmt::format("{}", fmt::join(value.get<std::vector<int>>(), " "));
    case ColumnKind::subnet:
      return quoted(value.dump());
    case ColumnKind::count:
      break;
  }
  return value.dump();
}

}  // namespace

RowValues::RowValues(std::string const& stage, h5::Row const& row, space::SearchSpace const* space, cost::CostModel const* costs)
    : stage_(stage), row_(row), space_(space), costs_(costs) {
  if (space != nullptr) subnet_ = space::subnet_of(*space, row.genes);
}

std::vector<RowColumn> const& row_columns() {
  static auto const columns = make_columns();
  return columns;
}

std::vector<RowColumn const*> standard_columns() {
  std::vector<RowColumn const*> columns;
  for (std::size_t i = 0; i < num_standard_columns; ++i) columns.push_back(&row_columns()[i]);
  return columns;
}

RowColumn const& row_column(std::string const& name) {
  std::vector<std::string> names;
  for (auto const& column : row_columns()) {
    if (column.name == name) return column;
    names.push_back(column.name);
  }
  throw Error(Errc::config, fmt::format("{} is no column of a row; there are {}", name, fmt::join(names, ", ")));
}

std::vector<double> numbers_in(RowColumn const& column, RowValues const& values) {
  auto const value = column.value(values);
  if (value.is_number()) return std::isnan(value.get<double>()) ? std::vector<double>() : std::vector{value.get<double>()};
  if (column.kind != ColumnKind::list || value.is_null()) return {};
  std::vector<double> numbers;
  for (std::size_t i = 0; i < value.size(); ++i)
    if (!column.is_per_block || values.is_active(i)) numbers.push_back(value[i].get<double>());
  return numbers;
}

std::string heading_of(std::vector<RowColumn const*> const& columns, RowFormat format) {
  if (format == RowFormat::json_lines) return {};
  std::vector<std::string> names;
  for (auto const* column : columns) names.push_back(column->name);
  return fmt::format("{}\n", fmt::join(names, ","));
}

std::string line_of(std::vector<RowColumn const*> const& columns, RowValues const& values, RowFormat format) {
  if (format == RowFormat::json_lines) {
    auto line = Json::object();
    for (auto const* column : columns) line[column->name] = column->value(values);
    return line.dump() + "\n";
  }
  std::vector<std::string> fields;
  for (auto const* column : columns) fields.push_back(field_of(*column, column->value(values)));
  return fmt::format("{}\n", fmt::join(fields, ","));
}

}  // namespace apq::collect
