#include "train/predictor_import.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <ATen/ATen.h>

#include "common/checkpoint/state_dict.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/random.hpp"
#include "common/space/subnet_json.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"
#include "train/metrics.hpp"

namespace {

using namespace apq;

// Two stages of two blocks, three kernels and ratios, so that once-for-all's encoding of it has 4 x 6 inputs and those of the sizes.
space::SearchSpace small_space(std::string const& sizes) {
  return space::parse_space("image: {channels: 3, " + sizes + R"(, classes: 10, odd_sizes: round_up}
stem: {width: 8, kernel: 3, stride: 2}
first_block: {width: 8, kernel: 3}
feature_mix: {width: 32}
stages:
  - {width: 8, stride: 2, depths: [1, 2], kernels: [3, 5, 7], middle: {ratios: [3, 4, 6]}}
  - {width: 16, stride: 2, depths: [1, 2], kernels: [3, 5, 7], middle: {ratios: [3, 4, 6]}}
bits: {pw_w: [4, 8], pw_a: [4, 8], dw_w: [4, 8], dw_a: [4, 8]}
)",
                            "small_space.yaml");
}

at::Tensor random_tensor(std::vector<std::int64_t> const& shape, std::uint64_t index) {
  RandomStream random(4, "test.predictor", index);
  auto tensor = at::empty(shape, at::kFloat);
  for (std::int64_t i = 0; i < tensor.numel(); ++i) tensor.data_ptr<float>()[i] = static_cast<float>(random.normal());
  return tensor;
}

checkpoint::StateDict foreign(std::int64_t inputs) {
  return {{"layers.0.0.weight", random_tensor({9, inputs}, 0)}, {"layers.0.0.bias", random_tensor({9}, 1)},
          {"layers.1.0.weight", random_tensor({9, 9}, 2)},      {"layers.1.0.bias", random_tensor({9}, 3)},
          {"layers.2.0.weight", random_tensor({9, 9}, 4)},      {"layers.2.0.bias", random_tensor({9}, 5)},
          {"layers.3.weight", random_tensor({1, 9}, 6)},        {"base_acc", random_tensor({1}, 7)}};
}

// The same numbers under the names of once-for-all's tutorial.
checkpoint::StateDict of_tutorial(checkpoint::StateDict const& dict) {
  std::map<std::string, std::string> const names{{"layers.0.0.", "0."}, {"layers.1.0.", "2."}, {"layers.2.0.", "4."}, {"layers.3.", "6."}};
  checkpoint::StateDict result{{"6.bias", dict.at("base_acc")}};
  for (auto const& [name, tensor] : dict)
    for (auto const& [from, to] : names)
      if (name.starts_with(from)) result[to + name.substr(from.size())] = tensor;
  return result;
}

// Once-for-all's forward pass on the inputs that are one.
double forward(checkpoint::StateDict const& w, std::vector<std::int64_t> const& ones) {
  auto x = at::zeros({w.at("layers.0.0.weight").size(1)});
  for (auto one : ones) x[one] = 1;
  for (char const* layer : {"layers.0.0", "layers.1.0", "layers.2.0"})
    x = at::relu(at::mv(w.at(std::string(layer) + ".weight"), x) + w.at(std::string(layer) + ".bias"));
  return (at::mv(w.at("layers.3.weight"), x) + w.at("base_acc")).item<double>();
}

// Kernels 7 3 5 -, ratios 3 6 4 -, the last block inactive.
space::Subnet subnet_of_size(int size) {
  space::Subnet subnet;
  subnet.kernels = {7, 3, 5, 3};
  subnet.middle_channels = {24, 48, 32, 48};
  subnet.depths = {2, 1};
  subnet.image_size = size;
  return subnet;
}
std::vector<std::int64_t> ones_of_subnet(std::int64_t first_kernel, std::int64_t size) {
  std::vector<std::int64_t> ones{2, 3, 7, 12, 17, 19};
  for (auto& one : ones) one += first_kernel;
  ones.push_back(size);
  return ones;
}

double predict(train::ImportedPredictor const& imported, space::SearchSpace const& space, space::Subnet const& subnet) {
  std::vector<space::Genes> const genes{space::genes_of(space, subnet)};
  return imported.predictor.predict(genes).front();
}

void expect_error(Errc code, std::string const& reason, auto const& action) {
  try {
    action();
    ADD_FAILURE() << "must be refused: " << reason;
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), code) << e.what();
    EXPECT_NE(std::string(e.what()).find(reason), std::string::npos) << e.what();
  }
}

TEST(PredictorImport, SizesBeforeKernelsAndBetweenThemInterpolated) {
  test::TempDir const directory;
  auto const dict = foreign(3 + 24);
  checkpoint::save_state_dict(directory / "p.pth", dict, checkpoint::DictLayout::wrapped);
  auto const space = small_space("sizes: [48, 56, 64]");
  auto const imported = train::import_predictor(space, directory / "p.pth", {32, 48, 64});
  EXPECT_EQ(imported.layout, "once-for-all");
  EXPECT_EQ(imported.known_sizes, (std::vector{32, 48, 64}));
  EXPECT_EQ(imported.interpolated, std::vector{56});
  EXPECT_NEAR(predict(imported, space, subnet_of_size(48)), forward(dict, ones_of_subnet(3, 1)), 1e-4);
  EXPECT_NEAR(predict(imported, space, subnet_of_size(64)), forward(dict, ones_of_subnet(3, 2)), 1e-4);
  EXPECT_EQ(imported.reading.key, "state_dict");
  checkpoint::StateDict wrapped{{"n_averaged", at::zeros({}, at::kLong)}};
  for (auto const& [name, tensor] : dict) wrapped["module." + name] = tensor;
  checkpoint::save_state_dict(directory / "w.pth", wrapped);
  auto const from_wrapped = train::import_predictor(space, directory / "w.pth", {32, 48, 64});
  EXPECT_EQ(from_wrapped.reading.prefix, "module.");
  EXPECT_EQ(predict(from_wrapped, space, subnet_of_size(48)), predict(imported, space, subnet_of_size(48)));
  expect_error(Errc::data, "holds no state dict under ema", [&] { train::import_predictor(space, directory / "w.pth", {}, "ema"); });
  auto between = dict;
  auto& first = between.at("layers.0.0.weight");
  first = first.clone();
  first.select(1, 0).copy_((dict.at("layers.0.0.weight").select(1, 1) + dict.at("layers.0.0.weight").select(1, 2)) / 2);
  EXPECT_NEAR(predict(imported, space, subnet_of_size(56)), forward(between, ones_of_subnet(3, 0)), 1e-4);

  // What is written is an ordinary predictor.
  imported.predictor.save(directory / "ours.pt");
  std::vector<space::Genes> const genes{space::genes_of(space, subnet_of_size(48))};
  EXPECT_EQ(train::AccuracyPredictor::load(directory / "ours.pt", space::Encoding(space)).predict(genes),
            imported.predictor.predict(genes));
}

TEST(PredictorImport, TutorialHasSizesAfterRatiosAndOneSizeGoesIntoTheBias) {
  test::TempDir const directory;
  auto const dict = foreign(24 + 8);
  checkpoint::save_state_dict(directory / "p.pth", of_tutorial(dict));
  auto const several = small_space("sizes: [160, 224]");
  auto const imported = train::import_predictor(several, directory / "p.pth");
  EXPECT_EQ(imported.layout, "once-for-all tutorial");
  EXPECT_EQ(imported.known_sizes.size(), 8u);
  EXPECT_NEAR(predict(imported, several, subnet_of_size(160)), forward(dict, ones_of_subnet(0, 24 + 3)), 1e-4);
  EXPECT_NEAR(predict(imported, several, subnet_of_size(224)), forward(dict, ones_of_subnet(0, 24 + 7)), 1e-4);
  auto const one = small_space("size: 176");
  EXPECT_NEAR(predict(train::import_predictor(one, directory / "p.pth"), one, subnet_of_size(0)), forward(dict, ones_of_subnet(0, 24 + 4)),
              1e-4);
  expect_error(Errc::config, "image sizes are fixed", [&] { train::import_predictor(several, directory / "p.pth", {160, 224}); });
}

TEST(PredictorImport, RefusesWhatItCannotBeTrueTo) {
  test::TempDir const directory;
  auto dict = foreign(4 + 24);
  auto const space = small_space("sizes: [128, 192]");
  auto import = [&](space::SearchSpace const& of, checkpoint::StateDict const& file) {
    checkpoint::save_state_dict(directory / "p.pth", file);
    return train::import_predictor(of, directory / "p.pth");
  };
  EXPECT_EQ(import(space, dict).known_sizes, (std::vector{128, 160, 192, 224}));
  expect_error(Errc::config, "knows the image sizes 128, 160, 192, 224; the space's 112 is beyond them",
               [&] { import(small_space("sizes: [112, 192]"), dict); });
  auto untrained = dict;
  untrained["layers.0.0.weight"] = dict.at("layers.0.0.weight").clone();
  untrained["layers.0.0.weight"].select(1, 2).mul_(0.01);
  expect_error(Errc::config, "knows the image sizes 128, 160, 224; the space's 226",
               [&] { import(small_space("sizes: [128, 226]"), untrained); });
  expect_error(Errc::data, "is no predictor of once-for-all", [&] { import(space, {{ "weight", at::zeros({2}) }}); });
  auto other = dict;
  other.erase("base_acc");
  other["layers.1.0.weight"] = at::zeros({9, 8});
  expect_error(Errc::data, "base_acc", [&] { import(space, other); });
  other = dict;
  other["layers.2.0.bias"] = at::full({9}, std::nanf(""));
  expect_error(Errc::data, "layers.2.0.bias holds a value that is not finite", [&] { import(space, other); });
  auto const two = space::load_space(test::source_dir() / "configs/spaces/fashion_mnist.yaml");
  expect_error(Errc::config, "predicts for 3 kernels and 3 ratios a block", [&] { import(two, dict); });
}

// OFA's own table: a predictor trained on it, and one of another supernet (width 1.2), which orders subnets nearly as well.
TEST(PredictorImport, OrdersTheSubnetsOfATrueTable) {
  APQ_REQUIRE_DATA(data);
  test::TempDir const directory;
  auto text = read_file(test::source_dir() / "configs/spaces/ofa_mbv3_w1.0.yaml");
  auto with_sizes = [&](std::string const& sizes) {
    std::string const all = "sizes: {min: 128, max: 224, step: 4}";
    auto own = text;
    own.replace(own.find(all), all.size(), "sizes: " + sizes);
    return space::parse_space(own, "ofa.yaml");
  };
  struct Case {
    char const* file;
    char const* sizes;
    double least_tau, most_rmse;
  };
  for (auto const& c :
       {Case{"MIT_OFA_acc.pth.tar", "[128, 160, 192]", 0.90, 0.004}, Case{"ofa_mbv3_acc_predictor.pth", "[160, 192]", 0.79, 1.0}}) {
    auto const space = with_sizes(c.sizes);
    auto const imported = train::import_predictor(space, data / "tables" / c.file);
    std::vector<space::Genes> genes;
    std::vector<double> measured;
    std::istringstream lines(read_file(data / "tables/MIT_OFA.jsonl"));
    for (std::string line; std::getline(lines, line);) {
      auto const row = nlohmann::json::parse(line);
      if (std::find(space.image_sizes.begin(), space.image_sizes.end(), row.at("r").get<int>()) == space.image_sizes.end()) continue;
      genes.push_back(space::genes_of(space, space::subnet_from_json(space, row, "MIT_OFA.jsonl")));
      measured.push_back(row.at("acc").get<double>());
    }
    auto const predicted = imported.predictor.predict(genes);
    double const tau = train::kendall_tau_b(predicted, measured);
    double squares = 0;
    for (std::size_t i = 0; i < predicted.size(); ++i) squares += (predicted[i] - measured[i]) * (predicted[i] - measured[i]);
    double const rmse = std::sqrt(squares / static_cast<double>(predicted.size()));
    std::printf("%s on %zu rows of MIT_OFA: Kendall tau %.4f, RMSE %.3f points\n", c.file, genes.size(), tau, 100 * rmse);
    EXPECT_GE(tau, c.least_tau);
    EXPECT_LE(rmse, c.most_rmse);
  }
  expect_error(Errc::config, "knows the image sizes 128, 160, 192; the space's 196 is beyond them", [&] {
    train::import_predictor(space::load_space(test::source_dir() / "configs/spaces/ofa_mbv3_w1.0.yaml"),
                            data / "tables/MIT_OFA_acc.pth.tar");
  });
}

}  // namespace
