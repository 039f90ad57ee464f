#include "dataset/card.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "collect/row_columns.hpp"
#include "common/core/printable.hpp"
#include "dataset/statements.hpp"

namespace apq::dataset {
namespace {

std::string estimate_text(train::Estimate const& e) { return fmt::format("{:.3f} [{:.3f}, {:.3f}]", e.value, e.low, e.high); }

std::string what(PublishedFacts const& facts) {
  auto text = fmt::format(
      "# {}\n\n{}\n\n| stage | rows | images | top-1 %, lowest / mean / highest | content hash |\n| --- | --- | --- | --- | --- |\n",
      facts.said.name, summary_of(facts));
  for (auto const& stage : facts.stages) {
    auto const& s = stage.summary;
    if (!s.of_rows) {
      text += fmt::format("| {} | 0 | - | - | `{}` |\n", s.stage, s.content_hash);
      continue;
    }
    auto const& all = *s.of_rows;
    auto const images = all.fewest_images == all.most_images ? fmt::format("{}", all.most_images)
                                                             : fmt::format("{} to {}", all.fewest_images, all.most_images);
    text += fmt::format("| {} | {} | {} | {:.2f} / {:.2f} / {:.2f} | `{}` |\n", s.stage, s.rows, images, all.min, all.mean, all.max,
                        s.content_hash);
  }
  return text + fmt::format("\nRelease {} of {}. `apq data hash` of this folder: `{}`.\n", facts.said.release, facts.said.date,
                            facts.content_hash);
}

std::string how(PublishedFacts const& facts) {
  std::string text = "\n## How it was made\n\n";
  for (auto const& stage : facts.stages) {
    text += fmt::format("**{}** {} {} {}\n\n", stage.header.stage, collection_of(stage), labels_of(stage), missing_of(stage));
    text += "What its labels depend on:\n\n| part | value |\n| --- | --- |\n";
    for (auto const& [name, value] : stage.header.parts()) text += fmt::format("| {} | {} |\n", name, value);
    text += "\n";
  }
  return text;
}

std::string files(PublishedFacts const& facts) {
  std::string text = "## Files\n\n| file | what |\n| --- | --- |\n";
  for (auto const& stage : facts.stages) {
    auto const& name = stage.header.stage;
    text += fmt::format("| `shards/{}/*.h5` | the rows, HDF5 |\n| `{}`, `{}` | the same rows as CSV and as a JSON object a line |\n", name,
                        rows_file(name, "csv"), rows_file(name, "jsonl"));
  }
  text += fmt::format(
      "| `space.yaml` | the search space |\n| `{}` | ids of the fixed splits |\n| `{}` | software and machines |\n"
      "| `{}` | hashes and identity of each stage |\n| `{}` | Croissant 1.1 with RAI fields |\n"
      "| `{}` | `sha256sum -c {}` checks every file |\n\n| column | unit | what |\n| --- | --- | --- |\n",
      splits_file, environment_file, record_file, croissant_file, checksums_file, checksums_file);
  for (auto const* column : collect::standard_columns())
    text += fmt::format("| {} | {} | {} |\n", column->name, column->unit, column->meaning);
  return text + "\nUnknown numbers are empty fields in CSV and null in JSON. `apq import table` of this folder gives the same rows back.\n";
}

std::string splits(PublishedFacts const& facts) {
  std::string text = fmt::format(
      "\n## Splits\n\nIds are in `{}`. No subnet is on both sides. Training ids are in a seeded order: take the first n for less "
      "data.\n\n",
      splits_file);
  for (auto const& stage : facts.stages) {
    auto const& split = stage.split;
    text += split.absent.empty() ? fmt::format("- {}: {} to train on, {} held out (seed {}, share {})\n", stage.header.stage,
                                               split.training.size(), split.held_out.size(), split.seed, split.held_out_fraction)
                                 : fmt::format("- {}: none ({})\n", stage.header.stage, split.absent);
  }
  return text;
}

std::string noise_and_limits(PublishedFacts const& facts) {
  std::string text = "\n## Noise\n\n";
  for (auto const& stage : facts.stages) text += fmt::format("- {}: {}\n", stage.header.stage, noise_of(stage));
  text += "\n## Known limits\n\n";
  for (auto const& limit : limits_of(facts)) text += "- " + limit + "\n";
  for (auto const& bias : biases_of(facts)) text += "- " + bias + "\n";
  return text + "- Personal information: " + personal_information() + "\n";
}

std::string baselines(PublishedFacts const& facts) {
  std::string text =
      "\n## Baselines\n\nPredictors of apq, fitted to the training rows and judged by the held-out ones, with 95 % intervals.\n\n";
  std::string table, absent;
  for (auto const& stage : facts.stages) {
    for (auto const& b : stage.baselines)
      table += fmt::format("| {} | {} | {} | {} | {} | {} |\n", stage.header.stage, b.name, b.model, estimate_text(b.metrics.kendall_tau),
                           estimate_text(b.metrics.pairwise_accuracy), estimate_text(b.metrics.rmse_points));
    if (stage.baselines.empty()) absent += fmt::format("- {}: missing: {}\n", stage.header.stage, stage.no_baselines);
  }
  if (!table.empty())
    text +=
        "| stage | predictor | model | Kendall tau | pairwise accuracy | RMSE, points |\n| --- | --- | --- | --- | --- | --- |\n" + table;
  return text + absent;
}

std::string licence_and_citation(Publication const& said) {
  return fmt::format("\n## Licence and citation\n\nLicence: {} (`{}`). Authors: {}. Published at: {}. How to cite: `{}`.\n",
                     said.license.empty() ? not_declared : said.license, license_text_file,
                     said.authors.empty() ? not_declared : fmt::format("{}", fmt::join(said.authors, ", ")),
                     said.url.empty() ? not_declared : said.url, citation_file);
}

}  // namespace

std::string card_of(PublishedFacts const& facts) {
  return printable_lines(what(facts) + how(facts) + files(facts) + splits(facts) + noise_and_limits(facts) + baselines(facts) +
                         licence_and_citation(facts.said));
}

}  // namespace apq::dataset
