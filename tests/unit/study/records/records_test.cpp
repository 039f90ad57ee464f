#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/cost/cost_model.hpp"
#include "study/records/search.hpp"
#include "study/records/stamp.hpp"
#include "study/records/training.hpp"
#include "study/records/verification.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"

// What every record promises: it comes back as it was written; cut, edited or of another version it is refused by name.
namespace apq::study {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

space::SearchSpace sample_space() { return space::load_space(test::source_dir() / "configs/spaces/fashion_mnist.yaml"); }

search::Candidate network(space::SearchSpace const& space, std::uint64_t index) {
  RandomStream random(3, "records", index);
  auto genes = space::random_genes(space, random, true);
  auto const cost = cost::CostModel(space, {})(genes);
  return {std::move(genes), cost, 0.9 + 0.01 * static_cast<double>(index)};
}

Training sample_training() {
  train::Verdict const verdict{{{0.5, 0.4, 0.6}, {0.7, 0.6, 0.8}, {0.75, 0.7, 0.8}, {0.4, unknown, unknown}}, {{7, 0.91, 90, 100}}};
  return {train::FpReport{80, 60, std::string(64, 'a'), "mlp 3x400", verdict, 0.45},
          train::QuantReport{40,
                             30,
                             std::string(64, 'b'),
                             "mlp 3x400",
                             verdict,
                             verdict,
                             {0.1, 0, 0.2},
                             {0.1, 0, 0.2},
                             {-0.1, -0.2, 0},
                             {{10, 3, {0.5, 0.7, 0.4}, {0.4, 0.6, 0.5}}}}};
}

Search sample_search(space::SearchSpace const& space) {
  return {"predictor",
          "BitFusion",
          21,
          2,
          7,
          63,
          {{{{{cost::Metric::latency_ms, 0.1}, {cost::Metric::macs, 1e6}}, 0.3, network(space, 0)}, {{0, 0.8, 0.7, 0.6, 21}}},
           {{{{cost::Metric::bitops, 4e7}}, {}, network(space, 1)}, {}}},
          {network(space, 1), network(space, 0)}};
}

Verification sample_verification(space::SearchSpace const& space) {
  auto const a = network(space, 0), b = network(space, 1);
  cost::Cost partly;
  partly.latency_ms = unknown;
  Verification verification{200, std::string(64, 'c'), {}, {}};
  VerifiedWinner winner{{{cost::Metric::latency_ms, 0.1}, {cost::Metric::macs, 1e6}}, 0.91, {a.genes, a.cost, {90, 100}, {180, 200}}, {}};
  winner.best_collected = VerifiedSample{4, {b.genes, b.cost, {89, 100}, {179, 200}}};
  verification.winners.push_back(winner);
  verification.winners.push_back({{{cost::Metric::bitops, 4e7}}, 0.9, {b.genes, b.cost, {89, 100}, {179, 200}}, {}});
  verification.uniform.push_back({{}, partly, {95, 100}, {190, 200}});
  verification.uniform.push_back({{{4, 8}}, b.cost, {85, 100}, {170, 200}});
  return verification;
}

std::string refusal(std::function<void()> const& read) {
  try {
    read();
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::data);
    return e.what();
  }
  return "taken";
}

// Every member, of arrays those of the first element.
void visit_members(Json const& json, Json::json_pointer const& at, std::function<void(Json::json_pointer const&)> const& visit) {
  if (json.is_object())
    for (auto const& [key, value] : json.items()) {
      visit(at / key);
      visit_members(value, at / key, visit);
    }
  if (json.is_array() && !json.empty() && json.front().is_object()) visit_members(json.front(), at / 0, visit);
}

/// @param unread    keys that readers do without
/// @param optional  members that need not be there, but are read where they are
void check_record(std::filesystem::path const& file, RecordFormat const& format, std::function<void()> const& read,
                  std::vector<std::string> const& unread, std::vector<std::string> const& optional = {}) {
  auto const whole = read_file(file);
  EXPECT_EQ(refusal(read), "taken");
  auto const step = std::max<std::size_t>(1, whole.size() / 60);
  for (std::size_t size = 0; size + 2 < whole.size(); size += step) {
    replace_file(file, std::string_view(whole).substr(0, size));
    ASSERT_EQ(refusal(read).find(file.string()), 0u) << "cut to " << size;
  }
  auto document = Json::parse(whole);
  document["format_version"] = format.version + 1;
  replace_file(file, document.dump());
  EXPECT_NE(refusal(read).find(fmt::format("{} (this apq reads {})", format.version + 1, format.version)), std::string::npos);
  int removed = 0;
  visit_members(Json::parse(whole), Json::json_pointer(), [&](Json::json_pointer const& member) {
    for (auto const& key : unread)
      if ((member.to_string() + '/').find('/' + key + '/') != std::string::npos) return;
    if (std::find(optional.begin(), optional.end(), member.to_string()) == optional.end()) {
      auto less = Json::parse(whole);
      less.at(member.parent_pointer()).erase(member.back());
      replace_file(file, less.dump());
      EXPECT_EQ(refusal(read).find(file.string()), 0u) << "without " << member.to_string();
    }
    auto odd = Json::parse(whole);
    odd.at(member) = Json::array({"odd"});
    replace_file(file, odd.dump());
    EXPECT_EQ(refusal(read).find(file.string()), 0u) << "odd " << member.to_string();
    ++removed;
  });
  EXPECT_GE(removed, 8);
  replace_file(file, whole);
}

}  // namespace

TEST(Records, Training) {
  test::TempDir const directory;
  auto const file = directory / "train.json";
  write_training(file, sample_training());
  EXPECT_EQ(to_json(read_training(file)), to_json(sample_training()));
  EXPECT_TRUE(std::isnan(read_training(file).fp->verdict.metrics.rmse_points.low));
  check_record(file, training_format, [&] { read_training(file); }, {"held_out_rows"},
               {"/fp", "/quant", "/fp/metrics/kendall_tau_within_image_size"});
  // A study may have one half of it.
  write_training(file, {sample_training().fp, {}});
  EXPECT_FALSE(read_training(file).quant);
}

TEST(Records, Search) {
  test::TempDir const directory;
  auto const space = sample_space();
  auto const file = directory / "search.json";
  write_search(file, sample_search(space), space);
  EXPECT_EQ(to_json(read_search(file), space), to_json(sample_search(space), space));
  check_record(file, search_format, [&] { read_search(file); }, {"subnet", "cost"});
}

TEST(Records, Winner) {
  test::TempDir const directory;
  auto const space = sample_space();
  auto const file = directory / "latency_ms_0.1+macs_1000000.json";
  auto const winner = sample_search(space).scenarios[0].winner;
  write_winner(file, winner, space);
  EXPECT_EQ(to_json(read_winner(file), space), to_json(winner, space));
  check_record(file, winner_format, [&] { read_winner(file); }, {"subnet", "cost", "release"});
}

TEST(Records, Verification) {
  test::TempDir const directory;
  auto const space = sample_space();
  auto const file = directory / "winners.json";
  write_verification(file, sample_verification(space));
  EXPECT_EQ(to_json(read_verification(file)), to_json(sample_verification(space)));
  EXPECT_TRUE(std::isnan(read_verification(file).uniform[0].cost.latency_ms));
  check_record(file, verification_format, [&] { read_verification(file); }, {"cost"});
}

TEST(Records, EveryFormatHasItsLineInTheDocuments) {
  auto const text = read_file(test::source_dir() / "docs/formats.md");
  for (auto const& format : {stamp_format, training_format, search_format, search_arrays_format, winner_format, verification_format})
    EXPECT_NE(text.find(fmt::format("| `{}` | {} |", format.name, format.version)), std::string::npos) << format.name;
}

}  // namespace apq::study
