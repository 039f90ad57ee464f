#include "app/cmd_data.hpp"
#include "app/print.hpp"
#include "app/within.hpp"
#include "common/core/log.hpp"
#include "dataset/query.hpp"

namespace apq::app {
namespace {

struct Options {
  std::filesystem::path directory, space;
  dataset::RowQuery query;
  std::string format, columns;
  std::vector<std::string> where;
};

std::string column_help() {
  std::string text = "Columns:\n";
  for (auto const& column : collect::row_columns())
    text += fmt::format("  {:<14}{}{}\n", column.name, column.meaning, column.unit.empty() ? "" : fmt::format(" ({})", column.unit));
  return text;
}

}  // namespace

Verb add_query_data(CLI::App& app) {
  auto const o = std::make_shared<Options>();
  app.add_option("directory", o->directory, "A study's directory, a published folder, or one stage's shards")->required();
  app.add_option("--stage", o->query.stage, "fp or quant (default: both)")->check(CLI::IsMember({"fp", "quant"}));
  app.add_option("--where", o->where,
                 "A condition, any number of times: accuracy >= 0.7, accuracy = 0.7..0.75, r = 160, ks <= 5, any bits = 4. Lists must fit "
                 "in all active blocks, with `any` in one")
      ->allow_extra_args(false);
  app.add_option("--columns", o->columns, "Which columns, separated by commas (default: those of an export)");
  app.add_option("--limit", o->query.limit, "At most so many rows (0: all)")->check(within<std::uint64_t>(0, 1'000'000'000));
  add_format(app, o->format, "csv", "jsonl");
  app.add_option("--space", o->space, "Search space (default: the study's)");
  app.footer(column_help() +
             "\nExample:\n  apq data query runs/quickstart --stage quant --where 'accuracy >= 0.9' --where 'any bits = 4' --columns "
             "id,accuracy,size_bytes,ks");
  return [o] {
    for (auto const& text : o->where) o->query.where.push_back(dataset::parse_condition(text));
    if (!o->columns.empty()) o->query.columns = dataset::parse_row_columns(o->columns);
    o->query.format = o->format == "csv" ? collect::RowFormat::csv : collect::RowFormat::json_lines;
    auto const found = dataset::query_rows(o->directory, o->space, o->query, [](std::string const& line) { print(line); });
    log::root().info("{} rows", found);
    return 0;
  };
}

}  // namespace apq::app
