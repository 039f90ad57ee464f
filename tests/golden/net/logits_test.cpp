// Parity with the released Python code, in float64: see the README of the golden cases.
#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <hdf5.h>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "common/engine/calibration.hpp"
#include "common/net/reference_forward.hpp"
#include "common/net/subnet_net.hpp"
#include "common/net/supernet_file.hpp"
#include "common/space/search_space.hpp"
#include "common/space/subnet.hpp"
#include "common/space/subnet_json.hpp"
#include "support/shared_data.hpp"

namespace {

using namespace apq;

std::vector<double> read_doubles(hid_t parent, char const* name, std::vector<std::int64_t>* shape = nullptr) {
  hid_t const dataset = H5Dopen2(parent, name, H5P_DEFAULT);
  EXPECT_GE(dataset, 0) << name;
  hid_t const space = H5Dget_space(dataset);
  std::vector<hsize_t> dims(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space)));
  H5Sget_simple_extent_dims(space, dims.data(), nullptr);
  std::size_t count = 1;
  for (auto d : dims) count *= d;
  std::vector<double> values(count);
  EXPECT_GE(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
  if (shape) shape->assign(dims.begin(), dims.end());
  H5Sclose(space);
  H5Dclose(dataset);
  return values;
}

std::vector<double> read_attribute(hid_t object, char const* name) {
  hid_t const attribute = H5Aopen(object, name, H5P_DEFAULT);
  EXPECT_GE(attribute, 0) << name;
  hid_t const space = H5Aget_space(attribute);
  std::vector<double> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
  H5Aread(attribute, H5T_NATIVE_DOUBLE, values.data());
  H5Sclose(space);
  H5Aclose(attribute);
  return values;
}

std::vector<std::string> read_strings(hid_t parent, char const* name) {
  hid_t const dataset = H5Dopen2(parent, name, H5P_DEFAULT);
  EXPECT_GE(dataset, 0) << name;
  hid_t const space = H5Dget_space(dataset);
  hid_t const type = H5Dget_type(dataset);
  std::vector<char*> raw(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
  EXPECT_GE(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, raw.data()), 0);
  std::vector<std::string> strings(raw.begin(), raw.end());
  H5Dvlen_reclaim(type, space, H5P_DEFAULT, raw.data());
  H5Tclose(type);
  H5Sclose(space);
  H5Dclose(dataset);
  return strings;
}

at::Tensor read_tensor(hid_t parent, char const* name) {
  std::vector<std::int64_t> shape;
  auto values = read_doubles(parent, name, &shape);
  return at::from_blob(values.data(), shape, at::kDouble).clone();
}

std::vector<int> ints(std::vector<double> const& values) { return {values.begin(), values.end()}; }

double relative_error(at::Tensor const& ours, at::Tensor const& theirs) { return ((ours - theirs).norm() / theirs.norm()).item<double>(); }

net::Supernet in_float64(net::Supernet supernet) {
  for (auto& [name, tensor] : supernet.weights) tensor = tensor.to(at::kDouble);
  return supernet;
}

class GoldenLogits : public testing::Test {
 protected:
  void SetUp() override {
    APQ_REQUIRE_GOLDEN(golden);
    space_ = space::load_space(test::source_dir() / "configs/spaces/apq_imagenet.yaml");
    supernet_ = in_float64(net::load_supernet(space_, golden / "supernet_random.pth"));
    file_ = H5Fopen((golden / "supernet_logits.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    ASSERT_GE(file_, 0);
    auto const calibration = read_tensor(file_, "calib_images");
    hid_t const dataset = H5Dopen2(file_, "calib_images", H5P_DEFAULT);
    auto const batch = static_cast<std::int64_t>(read_attribute(H5Aexists(dataset, "batch") > 0 ? dataset : file_, "batch")[0]);
    H5Dclose(dataset);
    for (auto const& part : calibration.split(batch)) batches_.push_back(part.clone());
    images_ = read_tensor(file_, "test_images");
    H5G_info_t info;
    H5Gget_info(file_, &info);
    for (hsize_t i = 0; i < info.nlinks; ++i) {
      std::array<char, 256> name{};
      H5Lget_name_by_idx(file_, ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size(), H5P_DEFAULT);
      hid_t const object = H5Oopen(file_, name.data(), H5P_DEFAULT);
      if (H5Iget_type(object) == H5I_GROUP) cases_.push_back(name.data());
      H5Oclose(object);
    }
    ASSERT_FALSE(cases_.empty());
  }
  void TearDown() override {
    if (file_ >= 0) H5Fclose(file_);
  }

  space::Subnet subnet_of_case(hid_t group, bool quantised) const {
    space::Subnet subnet;
    subnet.kernels = ints(read_attribute(group, "ks"));
    auto const ratios = read_attribute(group, "e");
    for (std::size_t i = 0; i < ratios.size(); ++i)
      subnet.middle_channels.push_back(space::channels_from_ratio(space_.blocks[i].in_channels, ratios[i], space_.channel_divisor));
    subnet.depths = ints(read_attribute(group, "d"));
    if (quantised)
      subnet.bits = space::BitPolicy{ints(read_attribute(group, "pw_w_bits")), ints(read_attribute(group, "pw_a_bits")),
                                     ints(read_attribute(group, "dw_w_bits")), ints(read_attribute(group, "dw_a_bits"))};
    return subnet;
  }

  void for_each_case(std::function<void(hid_t)> const& check) {
    for (auto const& name : cases_) {
      SCOPED_TRACE(name);
      hid_t const group = H5Gopen2(file_, name.c_str(), H5P_DEFAULT);
      check(group);
      H5Gclose(group);
    }
  }

  at::NoGradGuard no_grad_;
  space::SearchSpace space_;
  net::Supernet supernet_;
  hid_t file_ = -1;
  std::vector<at::Tensor> batches_;
  at::Tensor images_;
  std::vector<std::string> cases_;
};

TEST_F(GoldenLogits, FullPrecisionWithStoredStatistics) {
  for_each_case([&](hid_t group) {
    auto const net = net::slice(supernet_, subnet_of_case(group, false));
    EXPECT_LE(relative_error(net::reference_forward(net, images_), read_tensor(group, "logits_fp_stored_bn")), 1e-9);
  });
}

TEST_F(GoldenLogits, FullPrecisionAfterRecalibration) {
  for_each_case([&](hid_t group) {
    auto net = net::slice(supernet_, subnet_of_case(group, false));
    engine::recalibrate_norms(net, batches_, false, *engine::make_reference_engine());
    EXPECT_LE(relative_error(net::reference_forward(net, images_), read_tensor(group, "logits_fp_recalibrated_bn")), 1e-9);
  });
}

TEST_F(GoldenLogits, QuantisedInReleaseFidelity) {
  for_each_case([&](hid_t group) {
    auto const fidelity = net::release_fidelity();
    auto net = net::slice(supernet_, subnet_of_case(group, true), fidelity);
    engine::recalibrate_norms(net, batches_, true, *engine::make_reference_engine());
    engine::calibrate_ranges(net, batches_.front(), {.fidelity = fidelity}, *engine::make_reference_engine());
    // Layer state first: it tells where a mismatch starts.
    auto const activation_range = read_doubles(group, "activation_range");
    auto const weight_range = read_doubles(group, "weight_range");
    auto const activation_bits = read_doubles(group, "activation_bits_effective");
    auto const weight_bits = read_doubles(group, "weight_bits");
    auto const layers = read_strings(group, "range_layers");  // inactive ones too
    auto compare = [&](std::string const& name, net::LayerQuantisation const& q) {
      SCOPED_TRACE(name);
      auto const found = std::find(layers.begin(), layers.end(), name);
      ASSERT_NE(found, layers.end());
      auto const layer = static_cast<std::size_t>(found - layers.begin());
      EXPECT_EQ(q.weight_bits, static_cast<int>(weight_bits[layer]));
      if (q.activation_bits > 0) {
        EXPECT_EQ(q.activation_bits, static_cast<int>(activation_bits[layer]));
        EXPECT_NEAR(q.activation_range, activation_range[layer], 1e-6 * activation_range[layer]);
      } else {
        EXPECT_LE(activation_bits[layer], 0);
      }
      ASSERT_EQ(q.weight_ranges.size(), 1u);
      EXPECT_NEAR(q.weight_ranges.front(), weight_range[layer], 1e-9 * weight_range[layer]);
    };
    for (auto const& block : net.blocks)
      for (auto const& unit : block.convs) compare(unit.name, unit.quantisation);
    compare("classifier.linear", net.classifier_quantisation);
    net::ForwardOptions options;
    options.quantise = true;
    EXPECT_LE(relative_error(net::reference_forward(net, images_, options), read_tensor(group, "logits_quantized")), 1e-6);
  });
}

TEST_F(GoldenLogits, PrepareIsTheSameSequence) {
  hid_t const group = H5Gopen2(file_, cases_.front().c_str(), H5P_DEFAULT);
  auto const fidelity = net::release_fidelity();
  auto net = net::slice(supernet_, subnet_of_case(group, true), fidelity);
  engine::prepare(net, batches_, {.fidelity = fidelity}, *engine::make_reference_engine());
  net::ForwardOptions options;
  options.quantise = true;
  EXPECT_LE(relative_error(net::reference_forward(net, images_, options), read_tensor(group, "logits_quantized")), 1e-6);
  H5Gclose(group);
}

}  // namespace
