// What studies write of themselves and others bring: ledgers, jobs, stamps, trainings, verifications, searches, provenance, plans,
// publications.
#include <functional>

#include <fmt/format.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/json_text.hpp"
#include "common/energy/ledger.hpp"
#include "common/job/job_record.hpp"
#include "dataset/published_folder.hpp"
#include "fuzz/target.hpp"
#include "study/records/plan.hpp"
#include "study/records/provenance.hpp"
#include "study/records/search.hpp"
#include "study/records/stamp.hpp"
#include "study/records/training.hpp"
#include "study/records/verification.hpp"
#include "support/energy_run.hpp"

namespace apq::fuzz {
namespace {
namespace fs = std::filesystem;

/// A kind of record: reads it and writes it to another file.
struct Kind {
  char const* name;
  std::function<void(fs::path const& from, fs::path const& to)> copy;
};

// The study's ledger, with a run that the file does not know.
void copy_ledger(fs::path const& from, fs::path const& to) {
  StudyLayout const layout{to.parent_path() / "study"};
  fs::remove_all(layout.root);
  fs::create_directories(layout.root);
  fs::copy_file(from, layout.ledger(), fs::copy_options::overwrite_existing);
  auto const stages = energy::read_ledger(layout);
  energy::format_ledger(stages);
  energy::StageCost const run{
      .stage = "a stage that no ledger has", .wall_s = 1.5, .method = "declared", .grid_source = "none", .ranks = 2};
  test::add_run(layout, run);
  auto const more = energy::read_ledger(layout);
  bool const was_there = std::any_of(stages.begin(), stages.end(), [&](auto const& s) { return s.stage == run.stage; });
  bool const has_jobs = read_file(from).find("\"job\"") != std::string::npos;  // of which journals tell that are not here
  require(was_there || has_jobs || more.size() == stages.size() + 1, "a run is lost");
  for (std::size_t i = 0; i < stages.size(); ++i)
    require(was_there || has_jobs ||
                (more[i].stage == stages[i].stage && more[i].runs == stages[i].runs && more[i].wall_s == stages[i].wall_s &&
                 more[i].ranks == stages[i].ranks),
            "a stage costs otherwise");
  // Runs of journals are written anew from those, never from the file.
  fs::copy_file(has_jobs ? from : layout.ledger(), to, fs::copy_options::overwrite_existing);
}

void copy_job(fs::path const& from, fs::path const& to) {
  auto record = job::read_job(from);
  job::described(record);
  auto const token = record.token;
  record.token = "copy";  // where it is written
  job::write_job(to.parent_path(), record);
  auto text = read_file(job::job_file(to.parent_path(), "copy"));
  auto json = parse_ordered_json(text, "copy.json");
  json["token"] = token;
  scratch_file(to.filename().string(), json.dump(1));
}

std::vector<Kind> const& kinds() {
  static std::vector<Kind> const all{
      {"apq ledger", copy_ledger},
      {"apq job", copy_job},
      {"apq stamp", [](auto const& from, auto const& to) { study::write_stamp(to, study::read_stamp(from)); }},
      {"apq training", [](auto const& from, auto const& to) { study::write_training(to, study::read_training(from)); }},
      {"apq verification", [](auto const& from, auto const& to) { study::write_verification(to, study::read_verification(from)); }},
      {"apq search",
       [](auto const& from, auto const& to) {
         study::read_search(from);
         fs::copy_file(from, to, fs::copy_options::overwrite_existing);
       }},
      {"apq plan",
       [](auto const& from, auto const& to) {
         for (auto const& total : study::read_plan(from).totals)
           require(total.wall_h >= 0 && total.kwh >= 0, "less than nothing is planned");
         fs::copy_file(from, to, fs::copy_options::overwrite_existing);
       }},
      {"apq provenance", [](auto const& from, auto const& to) { study::write_provenance(to, study::read_provenance(from)); }},
      {"apq published dataset", [](auto const& from, auto const& to) {
         auto const folder = scratch("publication");
         fs::create_directories(folder);
         fs::copy_file(from, folder / dataset::record_file, fs::copy_options::overwrite_existing);
         dataset::write_published(folder, dataset::read_published(folder));
         fs::copy_file(folder / dataset::record_file, to, fs::copy_options::overwrite_existing);
       }}};
  return all;
}

/// No number became another one on its way: 2^32 + 1 ranks are not one.
void require_same_numbers(Json const& written, Json const& given) {
  if (written.is_number() && given.is_number()) require(written == given, fmt::format("{} became {}", given.dump(), written.dump()));
  if (written.is_object() && given.is_object())
    for (auto const& [key, value] : written.items())
      if (given.contains(key) && key != "held_out_rows") require_same_numbers(value, given.at(key));  // that is counted anew
  if (written.is_array() && given.is_array())
    for (std::size_t i = 0; i < std::min(written.size(), given.size()); ++i) require_same_numbers(written[i], given[i]);
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  auto const ledger = scratch("seed.json");
  replace_file(ledger,
               R"({"format": "apq ledger", "format_version": 1, "runs": [{"stage": "collect.fp", "wall_s": 2.5, "core_h": 0.01, "gpu_h": 0,
  "kwh": 0.25, "useful_kwh": 0.125, "repeated_kwh": 0, "lost_kwh": 0.0625, "idle_kwh": 0.0625, "gco2e": 100, "method": "declared", "pue": 1,
  "grid_gco2e_per_kwh": 400, "grid_source": "g", "ranks": 2, "ended_early": false, "killed": false}, {"stage": "train", "wall_s": 1,
  "core_h": 0.5, "gpu_h": 0.5, "kwh": null, "useful_kwh": null, "repeated_kwh": null, "lost_kwh": null, "idle_kwh": null, "gco2e": null,
  "method": "m", "pue": 1, "grid_gco2e_per_kwh": 0, "grid_source": "g", "ranks": 1, "ended_early": true, "killed": false}]})");
  all.push_back(read_file(ledger));
  auto job = job::new_job(4);
  job.stage = "collect.fp";
  job::write_job(ledger.parent_path(), job);
  all.push_back(read_file(job::job_file(ledger.parent_path(), job.token)));
  study::write_stamp(ledger, {.stage = "train",
                              .finished = "2026-01-01T00:00:00Z",
                              .code_version = "1",
                              .inputs = {{"train.epochs", "3"}},
                              .input_files = {{"/a", {"00", {1, 2, 3}, 4}}},
                              .outputs = {{"train.json", {"11", {5, 6, 7}, 8}}},
                              .contents = {{"rows", "ab"}}});
  all.push_back(read_file(ledger));
  study::Training training;
  training.fp.emplace().verdict.held_out.push_back({.id = 3, .predicted = 0.5, .correct = 1, .total = 2});
  training.quant.emplace().curve.push_back({.train_rows = 10, .splits = 2});
  study::write_training(ledger, training);
  all.push_back(read_file(ledger));
  study::VerifiedNetwork const network{.genes = {1, 2, 1}, .cost = {}, .validation = {7, 10}, .test = {6, 10}};
  study::Verification verification{.test_images = 10, .test_fingerprint = "f", .winners = {}, .uniform = {}};
  verification.winners.push_back({.limits = {{cost::metric_from_name("latency_ms"), 1.5}, {cost::metric_from_name("energy_mj"), 2}},
                                  .predicted = 0.75,
                                  .network = network,
                                  .best_collected = study::VerifiedSample{4, network}});
  verification.uniform.push_back({.bits = std::array{8, 6}, .cost = {}, .validation = {1, 2}, .test = {1, 2}});
  study::write_verification(ledger, verification);
  all.push_back(read_file(ledger));
  all.push_back(R"({"format": "apq search", "format_version": 1, "fitness": "predictor", "cost_model": "table", "population": 10,
 "generations": 2, "seed": 1, "candidates_evaluated": 30, "front": [], "constraints": [{"metric": "latency_ms", "limit": 1.5, "also": [],
 "quantile": null, "winner": {"genes": [1, 2], "cost": {"latency_ms": 1}, "predicted_accuracy": 0.5},
 "history": [{"generation": 1, "best": 0.5, "mean": 0.25, "worst": null, "evaluated": 10}]}]})");
  all.push_back(R"({"format": "apq plan", "format_version": 1, "machine": {"host": "h", "processor": "P", "gpus_per_rank": 1},
 "plans": [{"ranks": 4, "stages": [{"stage": "total", "wall_h": 1.5, "core_h": 6, "gpu_h": 4, "kwh": 2, "gco2e": 900}]}]})");
  study::write_provenance(ledger, {.build = build_info(),
                                   .study = "/s",
                                   .config = "study: {seed: 1}",
                                   .stages = {{.stage = "train", .finished = "f", .code_version = "1", .inputs = {{"a", "b"}}}},
                                   .jobs = {{"t", "h", "slurm 1", "s", "ended", 2}},
                                   .failures = {{"fp", "e", "h", 3, 1}},
                                   .environment = {{"kernel", "k"}}});
  all.push_back(read_file(ledger));
  dataset::PublishedRecord record{
      .name = "n", .release = "1.0.0", .date = "2026-01-01", .license = "", .content_hash = "c0", .split = {1, 0.25}};
  record.stages.push_back({.rows = 2, .content_hash = "c1", .header = {}});
  record.stages.front().header.stage = "fp";
  dataset::write_published(ledger.parent_path(), record);
  all.push_back(read_file(ledger.parent_path() / dataset::record_file));
  return all;
}

void attempt(std::string_view input) {
  auto const from = scratch_file("record.json", input), to = scratch("written.json"), third = scratch("third.json");
  auto const& all = kinds();
  auto kind =
      std::find_if(all.begin(), all.end(), [&](Kind const& k) { return input.find(std::string("\"") + k.name + "\"") != input.npos; });
  if (kind == all.end()) kind = all.begin();
  kind->copy(from, to);
  require_same_numbers(parse_ordered_json(read_file(to), "written"), parse_ordered_json(input, "given"));
  if (kind == all.begin()) return;  // a ledger grows
  kind->copy(to, third);
  require(read_file(third) == read_file(to), "what is written is read otherwise");
}

}  // namespace apq::fuzz
