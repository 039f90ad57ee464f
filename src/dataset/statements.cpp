#include "dataset/statements.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace apq::dataset {
namespace {

std::string stage_name(std::string const& stage) { return stage == "quant" ? "with bit widths" : "in full precision"; }

bool any_stage(PublishedFacts const& facts, auto const& holds) { return std::any_of(facts.stages.begin(), facts.stages.end(), holds); }

}  // namespace

std::string license_url(std::string const& license) {
  if (license.empty() || license.find("://") != license.npos) return license;
  return fmt::format("https://spdx.org/licenses/{}.html", license);
}

std::string summary_of(PublishedFacts const& facts) {
  std::vector<std::string> parts;
  for (auto const& stage : facts.stages) parts.push_back(fmt::format("{} {}", stage.summary.rows, stage_name(stage.header.stage)));
  return fmt::format("{}Measured accuracies of subnets of the search space {}: {}.",
                     facts.said.description.empty() ? "" : facts.said.description + " ", facts.space_name, fmt::join(parts, ", "));
}

std::string collection_of(StageFacts const& stage) {
  auto const& header = stage.header;
  if (stage.is_table()) return fmt::format("The rows were measured by others ({}); apq has evaluated none of them.", header.source);
  return fmt::format(
      "Subnets were drawn at random from the search space, each a pure function of seed {}, stage and sample index, sliced out of one "
      "supernet and evaluated by apq {} with engine {}{}.",
      header.seed, header.code_version, header.engine, header.source == "collected" ? "" : fmt::format(" ({})", header.source));
}

std::string labels_of(StageFacts const& stage) {
  return fmt::format("A label is the number of top-1 {}hits among the images evaluated ({}), with a 95 % Wilson interval.",
                     stage.is_table() ? "" : "and top-5 ", stage.identity_of_images);
}

std::string noise_of(StageFacts const& stage) {
  auto text = fmt::format("The 95 % interval of an accuracy is +-{:.2f} points on average.", stage.mean_half_width_points);
  if (stage.summary.repeats) return fmt::format("{} Repeats: {}.", text, collect::text_of(*stage.summary.repeats));
  return text + (stage.is_table() ? " No subnet was measured twice, so that nothing tells the noise of a measurement."
                                  : " A label is a pure function of its sample: measured again it comes out equal.");
}

std::string missing_of(StageFacts const& stage) {
  if (stage.missing == 0) return "No sample is missing.";
  return fmt::format("{} sample indices below the highest have no row{}.", stage.missing,
                     stage.quarantined > 0 ? fmt::format("; {} samples failed and were set apart", stage.quarantined) : "");
}

std::vector<std::string> limits_of(PublishedFacts const& facts) {
  std::vector<std::string> limits{
      "Accuracies are of subnets of one supernet without training of their own; networks trained alone score otherwise.",
      "Accuracies are those of the images named above, which search and predictors have seen; they are no test accuracies."};
  for (auto const& stage : facts.stages) {
    auto const& name = stage.header.stage;
    if (stage.is_table())
      limits.push_back(
          fmt::format("{}: top-5 hits, loss and energy are unknown; correct5 holds the top-1 hits, the least it can be.", name));
    else if (stage.without_energy > 0)
      limits.push_back(fmt::format("{}: energy is unknown in {} of {} rows.", name, stage.without_energy, stage.summary.rows));
    if (auto const rule = stage.header.identity.find("collect.sequential"); rule != stage.header.identity.end() && rule->second != "off")
      limits.push_back(fmt::format("{}: labels stop early ({}), so that rows differ in their number of images.", name, rule->second));
    if (auto const there = stage.summary.rows + stage.quarantined; stage.wanted > there)
      limits.push_back(
          fmt::format("{}: the collection was not finished: {} of {} samples have a label.", name, stage.summary.rows, stage.wanted));
    if (stage.missing > 0) limits.push_back(name + ": " + missing_of(stage));
    if (!stage.split.absent.empty()) limits.push_back(fmt::format("{}: there is no fixed split ({}).", name, stage.split.absent));
  }
  if (any_stage(facts, [](StageFacts const& s) { return !s.is_table(); }))
    limits.emplace_back("Seconds and joules are those of the machine that evaluated a row, and no property of the subnet.");
  return limits;
}

std::vector<std::string> biases_of(PublishedFacts const& facts) {
  std::vector<std::string> biases;
  if (any_stage(facts, [](StageFacts const& s) { return !s.is_table(); }))
    biases.emplace_back(
        "Every choice of a gene is drawn equally often, so that large and small networks at the ends of the range of costs are rare.");
  if (any_stage(facts, [](StageFacts const& s) { return s.is_table(); }))
    biases.emplace_back("How the subnets of imported rows were chosen is not known.");
  biases.emplace_back("Accuracies carry whatever biases the images and the supernet have.");
  return biases;
}

std::string personal_information() { return "None: rows describe networks and count hits; no image is part of the dataset."; }

}  // namespace apq::dataset
