#include <algorithm>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/engine/calibration.hpp"
#include "common/net/parameter_names.hpp"
#include "common/net/reference_forward.hpp"
#include "common/net/supernet_file.hpp"
#include "common/net/weight_import.hpp"
#include "common/space/net_config.hpp"
#include "common/space/subnet.hpp"
#include "support/error_of.hpp"
#include "support/net_config_sample.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"
#include "support/zip_archive.hpp"

// Networks that were trained at one size: import, the space around them, and the subnets that it gives.
namespace {
using namespace apq;

at::Tensor random_images(space::SearchSpace const& space, int count, int size, std::uint64_t seed) {
  RandomStream random(seed, "test.images");
  auto images = at::empty({count, space.image_channels, size, size}, at::kDouble);
  for (std::int64_t i = 0; i < images.numel(); ++i) images.data_ptr<double>()[i] = random.normal();
  return images;
}

net::Supernet in_float64(net::Supernet supernet) {
  for (auto& [name, tensor] : supernet.weights) tensor = tensor.to(at::kDouble);
  return supernet;
}

at::Tensor logits(net::Supernet const& supernet, space::Subnet const& subnet, at::Tensor const& images) {
  return net::reference_forward(net::slice(supernet, subnet), images);
}

double relative_error(at::Tensor const& a, at::Tensor const& b) { return ((a - b).norm() / b.norm()).item<double>(); }

/// The names of a static network: no doubled parts, and a block that was skipped in front of the fourth.
std::string static_name(std::string name) {
  auto replace = [&](std::string const& from, std::string const& to) {
    if (auto const at = name.find(from); at != name.npos) name.replace(at, from.size(), to);
  };
  replace(".conv.conv.", ".conv.");
  replace(".bn.bn.", ".bn.");
  for (int block = 5; block >= 3; --block) {
    auto const from = "blocks." + std::to_string(block) + ".";
    if (name.starts_with(from)) {
      replace(from, "blocks." + std::to_string(block + 1) + ".");
      break;
    }
  }
  return name;
}

/// Weights in which every part matters.
net::Supernet lively(space::SearchSpace const& space) {
  auto supernet = net::make_supernet(space, 3);
  RandomStream random(5, "test.lively");
  for (auto& [name, tensor] : supernet.weights)
    for (std::int64_t i = 0; i < tensor.numel(); ++i) {
      auto& value = tensor.data_ptr<float>()[i];
      value =
          name.ends_with("running_var") ? static_cast<float>(0.5 + random.uniform()) : value + static_cast<float>(0.1 * random.normal());
    }
  return supernet;
}

class SampleNet : public testing::Test {
 protected:
  void SetUp() override {
    replace_file(dir_ / "n.json", test::net_config_sample());
    space_ = space::load_space(dir_ / "n.json");
    trained_ = lively(space_);
    checkpoint::StateDict dict;
    for (auto const& [name, tensor] : trained_.weights) dict[static_name(name)] = tensor;
    dict["first_conv.bn.num_batches_tracked"] = at::zeros({}, at::kLong);
    checkpoint::save_state_dict(dir_ / "n.pth", dict);
  }
  at::NoGradGuard const no_grad_;
  test::TempDir const dir_;
  space::SearchSpace space_;
  net::Supernet trained_;
};

TEST_F(SampleNet, HasNoMatricesAndNoFeatureMix) {
  for (auto const& spec : net::supernet_parameters(space_)) {
    EXPECT_NE(spec.kind, net::ParameterSpec::Kind::kernel_matrix) << spec.name;
    EXPECT_EQ(spec.name.find("feature_mix"), std::string::npos) << spec.name;
    if (spec.name == "classifier.linear.weight") {
      EXPECT_EQ(spec.shape, (std::vector<std::int64_t>{10, 24}));
    }
  }
}

TEST_F(SampleNet, ImportingKeepsTheFunctionAndSortsTheChannels) {
  auto const imported = net::import_weights(space_, dir_ / "n.pth", dir_ / "out.pt", {});
  EXPECT_TRUE(imported.is_written);
  EXPECT_TRUE(imported.is_sorted);
  EXPECT_EQ(imported.names.matched.size(), net::supernet_parameters(space_).size());
  EXPECT_EQ(imported.names.ignored.size(), 1u);
  auto const supernet = net::load_supernet(space_, dir_ / "out.pt");
  EXPECT_EQ(supernet.hash(), imported.hash);
  EXPECT_EQ(net::load_supernet(space_, dir_ / "n.pth").hash(), imported.hash) << "the file itself is the same supernet";
  EXPECT_NE(trained_.hash(), imported.hash);
  auto const images = random_images(space_, 3, space_.image_size, 1);
  auto const largest = space::largest_subnet(space_);
  EXPECT_LE(relative_error(logits(in_float64(supernet), largest, images), logits(in_float64(trained_), largest, images)), 1e-12);

  auto const kept = net::import_weights(space_, dir_ / "n.pth", dir_ / "kept.pt", {.order = net::ChannelOrder::kept});
  EXPECT_FALSE(kept.is_sorted);
  EXPECT_EQ(kept.hash, trained_.hash());
  net::import_weights(space_, dir_ / "n.pth", dir_ / "release.pt", {.release_layout = true});
  EXPECT_EQ(net::load_supernet(space_, dir_ / "release.pt").hash(), imported.hash);
  EXPECT_NE(read_file(dir_ / "release.pt").find("state_dict"), std::string::npos);
}

TEST_F(SampleNet, WrappersAndHalfPrecisionComeInAndADryRunWritesNothing) {
  checkpoint::StateDict halves, as_float;
  for (auto const& [name, tensor] : trained_.weights) {
    halves["_orig_mod.module." + static_name(name)] = tensor.to(at::kHalf);
    as_float[static_name(name)] = tensor.to(at::kHalf).to(at::kFloat);
  }
  checkpoint::save_state_dict(dir_ / "halves.pth", halves, checkpoint::DictLayout::wrapped);
  checkpoint::save_state_dict(dir_ / "as_float.pth", as_float);
  auto const dry = net::import_weights(space_, dir_ / "halves.pth", dir_ / "out.pt", {.dry_run = true});
  EXPECT_FALSE(dry.is_written);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "out.pt"));
  EXPECT_TRUE(dry.names.fits());
  EXPECT_EQ(dry.reading.key, "state_dict");
  EXPECT_EQ(dry.reading.prefix, "_orig_mod.module.");
  EXPECT_EQ(dry.reading.num_tensors, halves.size());
  ASSERT_EQ(dry.reading.first.size(), 3u);
  EXPECT_EQ(dry.reading.first[0].type, "float16");
  EXPECT_EQ(dry.hash, net::load_supernet(space_, dir_ / "as_float.pth").hash());
  auto const imported = net::import_weights(space_, dir_ / "halves.pth", dir_ / "out.pt", {});
  EXPECT_TRUE(imported.is_written);
  EXPECT_EQ(imported.hash, dry.hash);
  EXPECT_EQ(net::load_supernet(space_, dir_ / "halves.pth").hash(), dry.hash);
  test::expect_error(Errc::data, "holds no state dict under ema; there are: state_dict",
                     [&] { net::import_weights(space_, dir_ / "halves.pth", dir_ / "other.pt", {.key = "ema"}); });
}

TEST_F(SampleNet, OfSeveralStateDictsTheOneTakenIsSaidOnce) {
  using namespace test;
  auto const weights = pickled_dict({{"w", pickled_tensor("0", {1})}});
  auto const content =
      zip_checkpoint(pickled(pickled_dict({{"ema", weights}, {"model", pickled_ordered({{"w", pickled_tensor("0", {1})}})}})), {"1234"});
  replace_file(dir_ / "two.pth", content);
  testing::internal::CaptureStderr();
  expect_error(Errc::data, "two.pth: keys do not match",
               [&] { net::load_supernet(space_, dir_ / "two.pth"); });  // where a hash alone is asked for
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  testing::internal::CaptureStderr();
  expect_error(Errc::data, "two.pth: keys do not match", [&] { net::parse_supernet(space_, content, "two.pth"); });
  auto const said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("two.pth: read as: torch.save (zip), state dict model (there is also ema), 1 tensor\n"), std::string::npos) << said;
}

TEST_F(SampleNet, NothingIsWrittenWhenAKeyDoesNotFit) {
  auto dict = checkpoint::load_state_dict(dir_ / "n.pth");
  dict.erase("classifier.linear.bias");
  checkpoint::save_state_dict(dir_ / "n.pth", dict);
  auto const imported = net::import_weights(space_, dir_ / "n.pth", dir_ / "out.pt", {});
  EXPECT_FALSE(imported.is_written);
  EXPECT_EQ(imported.names.missing, std::vector<std::string>{"classifier.linear.bias"});
  EXPECT_FALSE(std::filesystem::exists(dir_ / "out.pt"));
  EXPECT_THROW(net::load_supernet(space_, dir_ / "n.pth"), Error);
}

TEST_F(SampleNet, SubnetsAreCropsOfTheTrainedNet) {
  auto subnet = space::largest_subnet(space_);
  subnet.kernels[0] = 3;
  subnet.middle_channels[0] = 16;
  subnet.depths[0] = 1;
  auto const net = net::slice(trained_, subnet);
  ASSERT_EQ(net.blocks.size(), 2u + 1 + 2);  // stem, first block, one block of stage 0, two of stage 1
  auto const& depthwise = net.blocks[2].convs[1];
  auto const& trained = trained_.weights.at(net::parameter_names::depthwise(0) + ".conv.conv.weight");
  EXPECT_TRUE(at::equal(depthwise.weight, trained.slice(0, 0, 16).slice(2, 2, 5).slice(3, 2, 5)));
  EXPECT_EQ(net.blocks[2].convs[0].weight.size(0), 16);
  EXPECT_FALSE(net.blocks[4].has_shortcut) << "the last block was trained without one";
  EXPECT_EQ(net::reference_forward(net, random_images(space_, 2, space_.image_size, 1).to(at::kFloat)).sizes(), (at::IntArrayRef{2, 10}));
}

TEST_F(SampleNet, TheClassifierOfANetWithoutFeatureMixSeesASign) {
  auto subnet = space::largest_subnet(space_);
  subnet.bits = space::uniform_bits(space_, 8, 8);
  auto const supernet = in_float64(trained_);
  auto net = net::slice(supernet, subnet);
  EXPECT_TRUE(net.classifier_quantisation.is_signed);
  EXPECT_EQ(net.classifier_quantisation.activation_bits, 7);
  std::vector<at::Tensor> const batches{random_images(space_, 40, space_.image_size, 2), random_images(space_, 40, space_.image_size, 3)};
  engine::prepare(net, batches, {}, *engine::make_reference_engine());
  auto reference = net::slice(supernet, space::largest_subnet(space_));
  engine::prepare(reference, batches, {}, *engine::make_reference_engine());
  auto const images = random_images(space_, 8, space_.image_size, 4);
  EXPECT_LE(relative_error(net::reference_forward(net, images, {.quantise = true}), net::reference_forward(reference, images)), 0.1);
}

TEST_F(SampleNet, WithoutCalibrationImagesTheStoredStatisticsStay) {
  auto subnet = space::largest_subnet(space_);
  auto net = net::slice(trained_, subnet);
  auto const before = net.blocks[0].convs[0].norm->running_mean.clone();
  engine::prepare(net, {}, {}, *engine::make_reference_engine());
  EXPECT_TRUE(at::equal(net.blocks[0].convs[0].norm->running_mean, before));
  subnet.bits = space::uniform_bits(space_, 8, 8);
  auto quantised = net::slice(trained_, subnet);
  EXPECT_THROW(engine::prepare(quantised, {}, {}, *engine::make_reference_engine()), Error);
}

TEST(TrainedNets, TheReleasedNetsAreReadAndTheirSubnetsRun) {
  APQ_REQUIRE_DATA(data);
  at::NoGradGuard const no_grad;
  struct Known {
    char const* name;
    std::int64_t params;
  };
  for (auto const& [name, params] :
       {Known{"mcunet-320kb-1mb", 737408}, Known{"mcunet-256kb-1mb", 729392}, Known{"proxyless-w0.3-r176", 754280}}) {
    SCOPED_TRACE(name);
    auto const json = data / "weights" / (std::string(name) + "_imagenet.json");
    auto const file = data / "weights" / (std::string(name) + "_imagenet.pth");
    if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is absent";
    auto const space = space::load_space(json);
    auto const theirs = checkpoint::load_state_dict(file);
    auto const names = net::names_in(space, theirs);
    EXPECT_NO_THROW(checkpoint::require_fit(names, file.string()));
    EXPECT_EQ(names.matched.size() + names.ignored.size(), theirs.size());
    EXPECT_FALSE(names.is_native());
    for (auto const& ignored : names.ignored) EXPECT_TRUE(ignored.ends_with(".num_batches_tracked")) << ignored;
    std::int64_t trained = 0;
    for (auto const& spec : net::supernet_parameters(space))
      if (spec.is_trained()) {
        std::int64_t count = 1;
        for (auto size : spec.shape) count *= size;
        trained += count;
      }
    EXPECT_EQ(trained, params);

    auto const images = random_images(space, 2, 64, 1);
    auto const largest = space::largest_subnet(space);
    auto const sorted = in_float64(net::load_supernet(space, file));
    auto const as_trained = logits(in_float64(net::adopt(space, theirs, names, file.string())), largest, images);
    EXPECT_LE(relative_error(logits(sorted, largest, images), as_trained), 1e-10);
    EXPECT_GT(as_trained.std().item<double>(), 0.1);

    RandomStream random(1, "test.trained_nets");
    std::vector<space::Subnet> subnets{space::smallest_subnet(space)};
    for (int i = 0; i < 3; ++i) subnets.push_back(space::subnet_of(space, space::random_genes(space, random, true)));
    std::vector<at::Tensor> const batches{random_images(space, 4, 64, 2)};
    for (auto const& subnet : subnets) {
      auto net = net::slice(sorted, subnet);
      engine::prepare(net, batches, {}, *engine::make_reference_engine());
      auto const y = net::reference_forward(net, images, {.quantise = true});
      EXPECT_EQ(y.sizes(), (at::IntArrayRef{2, 1000}));
      EXPECT_TRUE(at::isfinite(y).all().item<bool>());
    }
  }
}

}  // namespace
