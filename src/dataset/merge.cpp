#include "dataset/merge.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "collect/rows_configuration.hpp"
#include "collect/stored_stage.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/atomic_folder.hpp"
#include "common/core/error.hpp"
#include "common/core/log.hpp"
#include "common/core/printable.hpp"
#include "common/core/record_file.hpp"
#include "common/core/study_layout.hpp"
#include "common/space/search_space.hpp"
#include "dataset/stage_pairs.hpp"

namespace apq::dataset {
namespace {
namespace fs = std::filesystem;

constexpr std::size_t max_contradictions_shown = 100;

/// Of rows of both. What says where rows come from names both where they differ.
h5::ShardHeader merged_header(StagePair const& pair) {
  if (!pair.first) return pair.second->header;
  auto header = pair.first->header;
  if (!pair.second) return header;
  auto const add = [](std::string& text, std::string const& other) {
    if (text != other) text += "; " + other;
  };
  add(header.source, pair.second->header.source);
  add(header.host, pair.second->header.host);
  add(header.code_version, pair.second->header.code_version);
  add(header.libraries, pair.second->header.libraries);
  return header;
}

void require_one_dataset(StagePair const& pair, fs::path const& first, fs::path const& second) {
  if (!pair.first || !pair.second) return;
  if (auto const differs = h5::difference(pair.second->header, pair.first->header); !differs.empty())
    throw Error(Errc::data, fmt::format("{}: stage {} belongs to another dataset than that of {} ({}); `apq data diff` compares them",
                                        second.string(), pair.stage, first.string(), differs));
}

// Stages of one study, too: the same space, seed, images and weights.
void require_one_study(std::vector<StagePair> const& pairs, fs::path const& first, fs::path const& second) {
  std::vector<std::pair<h5::ShardHeader const*, fs::path const*>> headers;
  for (auto const& pair : pairs) {
    if (pair.first) headers.emplace_back(&pair.first->header, &first);
    if (pair.second) headers.emplace_back(&pair.second->header, &second);
  }
  auto const& [header, from] = headers.front();
  for (auto const& [other, from_other] : headers) {
    auto const require = [&, &header = header, &from = from, &other = other, &from_other = from_other](
                             std::string const& part, std::string const& ours, std::string const& theirs) {
      if (ours != theirs)
        throw Error(Errc::data, fmt::format("{}: stage {} belongs to another study than stage {} of {} ({}: {} there, {} here)",
                                            from_other->string(), other->stage, header->stage, from->string(), part, ours, theirs));
    };
    require("space", header->space_hash, other->space_hash);
    require("seed", std::to_string(header->seed), std::to_string(other->seed));
    for (auto const& [name, value] : header->identity)
      if (auto const found = other->identity.find(name); found != other->identity.end()) require(name, value, found->second);
  }
}

// The file of the rows' own space; empty: neither folder has it.
fs::path space_of_rows(fs::path const& first, fs::path const& second, std::string const& hash) {
  for (auto const& folder : {first, second})
    if (auto const file = collect::space_file_of_stored(folder, {}); !file.empty() && space::load_space(file).hash == hash) return file;
  return {};
}

h5::Shard merged_shard(StagePair const& pair, OnContradiction choice, fs::path const& first, fs::path const& second, MergedStage& said) {
  std::vector<h5::Row> const none;
  auto const& ours = pair.first ? pair.first->rows : none;
  auto const& theirs = pair.second ? pair.second->rows : none;
  auto merged = merge_rows(ours, theirs, choice);
  said = {.stage = pair.stage,
          .first = ours.size(),
          .second = theirs.size(),
          .folded = merged.folded,
          .rows = merged.rows.size(),
          .contradictions = {}};
  for (auto const& contradiction : merged.contradictions)
    said.contradictions.push_back(text_of(contradiction, first.string(), second.string()));
  return {merged_header(pair), std::move(merged.rows)};
}

void refuse_contradictions(std::vector<MergedStage> const& stages) {
  std::vector<std::string> all;
  for (auto const& stage : stages)
    for (auto const& line : stage.contradictions) all.push_back(fmt::format("stage {}: {}", stage.stage, line));
  if (all.empty()) return;
  for (std::size_t i = 1; i < std::min(all.size(), max_contradictions_shown + 1); ++i) log::root().error("{}", all[i]);
  throw Error(Errc::data,
              fmt::format("{} ({} samples have two labels; nothing was merged); --contradictions first or drop says what to do with them",
                          all.front(), all.size()));
}

}  // namespace

std::vector<MergedStage> merge_datasets(fs::path const& first, fs::path const& second, fs::path const& output, OnContradiction choice) {
  if (fs::exists(output)) throw Error(Errc::io, fmt::format("{}: is there already; merge into a new folder", output.string()));
  auto const pairs = stage_pairs(first, second);
  for (auto const& pair : pairs) require_one_dataset(pair, first, second);
  require_one_study(pairs, first, second);
  std::vector<MergedStage> stages(pairs.size());
  std::vector<h5::Shard> shards;
  for (std::size_t i = 0; i < pairs.size(); ++i) shards.push_back(merged_shard(pairs[i], choice, first, second, stages[i]));
  if (choice == OnContradiction::refuse) refuse_contradictions(stages);

  auto const space = space_of_rows(first, second, shards.front().header.space_hash);
  make_folder(output, [&](fs::path const& temporary) {
    StudyLayout const layout{temporary};
    for (auto const& shard : shards) {
      make_directory(layout.shards(shard.header.stage));
      h5::write_shard(layout.shards(shard.header.stage) / "merged-00000.h5", shard);
    }
    if (space.empty()) return;
    replace_file(layout.space(), read_file(space));
    replace_file(layout.config(), collect::rows_configuration(output, shards.front().header.seed, "space.yaml"));
  });
  return stages;
}

std::string merge_table(std::vector<MergedStage> const& stages) {
  std::string text;
  for (auto const& s : stages) {
    text += fmt::format("{}: {} and {} rows, {} with equal labels on both sides: {} rows\n", s.stage, s.first, s.second, s.folded, s.rows);
    for (auto const& line : s.contradictions) text += "  contradiction: " + printable(line) + "\n";
  }
  return text;
}

std::string merge_json(std::vector<MergedStage> const& stages) {
  auto all = Json::array();
  for (auto const& s : stages)
    all.push_back({{"stage", s.stage},
                   {"first_rows", s.first},
                   {"second_rows", s.second},
                   {"folded", s.folded},
                   {"rows", s.rows},
                   {"contradictions", s.contradictions}});
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace apq::dataset
