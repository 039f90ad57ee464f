#include "study/configuration_reference.hpp"

#include <fmt/format.h>

#include "common/core/config.hpp"
#include "common/core/key_tables.hpp"
#include "common/cost/back_ends.hpp"
#include "common/cost/metric.hpp"
#include "common/image/source.hpp"
#include "common/space/read_space.hpp"
#include "launch/site_profile.hpp"
#include "study/experiment.hpp"

namespace apq::study {
namespace {

// The keys of documents that `read` takes.
template <class Read>
std::vector<KeyDescription> keys_of(std::vector<std::string> const& documents, Read const& read) {
  std::vector<KeyDescription> keys;
  for (auto const& text : documents) {
    auto config = Config::parse(text, "reference");
    read(config);
    merge(keys, config.described());
  }
  return keys;
}

std::vector<std::string> experiments() {
  std::vector<std::string> documents;
  for (auto const& kind : image::source_kinds())
    documents.push_back(fmt::format("{{space: x, data: {{training: {{{0}: x}}, test: {{{0}: x}}, mean: 0, deviation: 1}}}}", kind.name));
  for (char const* limit : {"limit: 1", "quantile: 0.5"})
    documents.push_back(fmt::format("{{space: x, search: {{constraints: [{{metric: {0}, {1}, also: [{{metric: {0}, {1}}}]}}]}}}}",
                                    cost::metrics.front().name, limit));
  return documents;
}

std::vector<std::string> spaces() {
  auto const space = [](char const* image, char const* end, char const* middle, char const* depth) {
    return fmt::format(
        "{{image: {{channels: 1, {}, classes: 10, odd_sizes: round_up}}, stem: {{width: 8, kernel: 3, stride: 1}}, "
        "first_block: {{width: 8, kernel: 3}}, {}, "
        "stages: [{{width: 8, stride: 1, kernels: [3], middle: {}, depths: {}}}], "
        "bits: {{pw_w: [4, 8], pw_a: [4, 8], dw_w: [4, 8], dw_a: [4, 8]}}, forbidden: [{{role: pw_w, bits: 4}}]}}",
        image, end, middle, depth);
  };
  char const* const mix = "final_expand: {width: 8}, feature_mix: {width: 8}";
  return {space("size: 8", mix, "{ratios: [2]}", "[1]"),
          space("sizes: {min: 8, max: 9, step: 1}", mix, "{list: [8]}", "[2], blocks: [{kernels: [3]}, {}]"),
          space("size: 8", "feature_mix: {width: 8}", "{min: 8, max: 8, step: 8}", "[1]"),
          space("size: 8", "feature_mix: {width: 8}", "{min_ratio: 1, max_ratio: 1, step: 8}", "[1]")};
}

std::vector<std::string> accelerators() {
  std::vector<std::string> documents;
  for (auto const& model : cost::hardware_models) documents.push_back(fmt::format("model: {}", model.name));
  return documents;
}

std::vector<std::string> sites() {
  return {"{scheduler: slurm, ranks_per_node: 1, memory: per_node, memory_gib: 1}", "{scheduler: slurm, ranks_per_node: 1, requeue: false}",
          "{scheduler: ssh, ranks_per_node: 1, hosts_file: x}"};
}

}  // namespace

std::vector<ReferenceChapter> reference_chapters() {
  return {{"Experiment",
           "What `--config` names. `--set SECTION.KEY=VALUE` replaces a value ([as it is typed](inputs.md)); `--print-config` prints all "
           "of them, explained.",
           keys_of(experiments(), [](Config& config) { read_keys(config, "NAME"); })},
          {"Search space", "What key `space` names: the family of networks that is searched. Examples: `configs/spaces`.",
           keys_of(spaces(), [](Config& config) { space::read_space(config); })},
          {"Accelerator", "What key `cost.hardware` names. Example: `configs/hardware/bitfusion_edge.yaml`.",
           keys_of(accelerators(), [](Config& config) { cost::read_model(config); })},
          {"Site profile", "What `apq launch --site` names. Examples: `slurm/sites`; `--site-set KEY=VALUE` replaces a value.",
           keys_of(sites(), [](Config& config) { launch::read_site_profile(config, "apq"); })}};
}

std::string configuration_reference() {
  std::string text =
      "# Configuration\n\n"
      "Made by `apq run --config configs/quickstart.yaml --print-reference`; what it says stands where a key is read, and a test compares "
      "the two. Names with `[]` are lists of\n"
      "sections.\n\n";
  for (auto const& chapter : reference_chapters())
    text += fmt::format("## {}\n\n{}\n\n{}", chapter.title, chapter.text, key_tables(chapter.keys));
  text.pop_back();
  return text;
}

}  // namespace apq::study
