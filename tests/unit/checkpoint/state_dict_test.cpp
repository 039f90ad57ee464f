#include "common/checkpoint/state_dict.hpp"

#include <cstdlib>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "support/safetensors_file.hpp"
#include "support/shared_data.hpp"
#include "support/temp_dir.hpp"
#include "support/zip_archive.hpp"

using namespace apq::checkpoint;

namespace {

at::Tensor scalar(std::int64_t value) { return at::tensor(value).reshape({}); }

StateDict sample() {
  return {{"layer.weight", at::arange(6, at::kFloat).reshape({2, 3}) / 7},
          {"layer.7to5_matrix", at::eye(3, at::kDouble).t()},
          {"count", scalar(123456789012)},
          {"flags", at::tensor({1, 0, 1}, at::kByte)},
          {"empty", at::empty({0, 4})},
          {"transposed", at::arange(6, at::kInt).reshape({2, 3}).t()}};
}

void expect_equal(StateDict const& actual, StateDict const& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (auto const& [name, tensor] : expected) {
    ASSERT_TRUE(actual.contains(name)) << name;
    EXPECT_EQ(actual.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(at::equal(actual.at(name), tensor)) << name;
    EXPECT_TRUE(actual.at(name).is_contiguous()) << name;
  }
}

std::map<std::string_view, at::ScalarType> const scalar_types{
    {"float64", at::kDouble}, {"float32", at::kFloat}, {"float16", at::kHalf}, {"bfloat16", at::kBFloat16}, {"int64", at::kLong},
    {"int32", at::kInt},      {"int16", at::kShort},   {"int8", at::kChar},    {"uint8", at::kByte},        {"bool", at::kBool}};

bool python_has_torch() { return std::system("/usr/bin/python3 -c 'import torch' >/dev/null 2>&1") == 0; }
void run_python(std::string const& code) { ASSERT_EQ(std::system(fmt::format("/usr/bin/python3 -c \"{}\"", code).c_str()), 0) << code; }

template <class Action>
std::string failure(Action action, apq::Errc code = apq::Errc::data) {
  try {
    action();
  } catch (apq::Error const& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    return error.what();
  }
  ADD_FAILURE() << "nothing thrown";
  return "";
}

TEST(StateDict, RoundTrip) {
  apq::test::TempDir const dir;
  save_state_dict(dir / "a.pt", sample());
  expect_equal(load_state_dict(dir / "a.pt"), sample());
  save_state_dict(dir / "b.pt", sample());
  EXPECT_EQ(apq::read_file(dir / "a.pt"), apq::read_file(dir / "b.pt"));
  save_state_dict(dir / "a.pt", {});
  EXPECT_TRUE(load_state_dict(dir / "a.pt").empty());
}

TEST(StateDict, PythonReadsOurs) {
  if (!python_has_torch()) GTEST_SKIP() << "python3 has no torch";
  apq::test::TempDir const dir;
  save_state_dict(dir / "a.pt", sample());
  run_python(
      fmt::format("import torch; d = torch.load('{}'); assert list(d) == sorted(d); assert "
                  "d['count'] == 123456789012; "
                  "assert d['layer.weight'].shape == (2, 3) and d['layer.weight'][1, 2] == "
                  "torch.tensor(5.0) / 7; "
                  "assert d['transposed'].tolist() == [[0, 3], [1, 4], [2, 5]]",
                  (dir / "a.pt").string()));
}

TEST(StateDict, ReadsBothFormatsOfPython) {
  if (!python_has_torch()) GTEST_SKIP() << "python3 has no torch";
  apq::test::TempDir const dir;
  run_python(fmt::format(R"(
import torch, collections
t = torch.arange(6.).reshape(2, 3)
d = collections.OrderedDict(a=t, b=t.t(), c=torch.nn.Parameter(t[1:]), n=torch.tensor(7))
d._metadata = {{'': 1}}
for zip in (True, False):
  for name, object in (('bare', d), ('wrapped', {{'epoch': 3, 'state_dict': d, 'lr': 0.1}})):
    torch.save(object, '{}/%s%d.pt' % (name, zip), _use_new_zipfile_serialization=zip))",
                         dir.path().string()));
  auto const t = at::arange(6, at::kFloat).reshape({2, 3});
  for (char const* name : {"bare1.pt", "bare0.pt", "wrapped1.pt", "wrapped0.pt"})
    expect_equal(load_state_dict(dir / name), {{"a", t}, {"b", t.t()}, {"c", t.slice(0, 1)}, {"n", scalar(7)}});
}

/// The bytes of a tensor's values.
std::string bytes_of(at::Tensor const& tensor) {
  auto const values = tensor.contiguous();
  return {static_cast<char const*>(values.data_ptr()), values.nbytes()};
}

TEST(StateDict, HalfAndBfloat16AreReadFromEveryKindOfFile) {
  auto const half = at::tensor({1.5f, -0.25f, 65504.f}).to(at::kHalf), brain = at::tensor({3.f, -1e30f}).to(at::kBFloat16);
  using namespace apq::test;
  auto const zip = zip_checkpoint(
      pickled(pickled_dict({{"h", pickled_tensor("0", {3}, "HalfStorage")}, {"b", pickled_tensor("1", {2}, "BFloat16Storage")}})),
      {bytes_of(half), bytes_of(brain)});
  auto const safetensors =
      safetensors_file(R"({"h":{"dtype":"F16","shape":[3],"data_offsets":[0,6]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[6,10]}})",
                       bytes_of(half) + bytes_of(brain));
  TempDir const dir;
  save_state_dict(dir / "a.pt", {{"h", half}, {"b", brain}});
  for (auto const& content : {zip, safetensors, apq::read_file(dir / "a.pt")})
    expect_equal(parse_state_dict(content, "a.pt"), {{"h", half}, {"b", brain}});
}

TEST(StateDict, EveryTypeOfSafetensors) {
  std::string header, data;
  StateDict expected;
  for (auto const& row : element_types) {
    auto const values = at::tensor({1.f, 0.f, 1.f, 1.f}).reshape({2, 2}).to(scalar_types.at(row.name));
    auto const bytes = bytes_of(values);
    header += fmt::format("{}\"{}\":{{\"dtype\":\"{}\",\"shape\":[2,2],\"data_offsets\":[{},{}]}}", header.empty() ? "{" : ",", row.name,
                          row.safetensors, data.size(), data.size() + bytes.size());
    data += bytes;
    expected[std::string(row.name)] = values;
  }
  expect_equal(parse_state_dict(apq::test::safetensors_file(header + "}", data), "a.safetensors"), expected);
}

TEST(StateDict, RefusesWhatIsNotAStateDict) {
  if (!python_has_torch()) GTEST_SKIP() << "python3 has no torch";
  apq::test::TempDir const dir;
  std::vector<std::pair<char const*, char const*>> const cases{{"[1, 2]", "no state dict"},
                                                               {"{'state_dict': 3}", "no state dict"},
                                                               {"{'epoch': 3}", "epoch (a number)"},
                                                               {"{'a': fractions.Fraction(1, 2)}", "fractions.Fraction"},
                                                               {"{'a': torch.zeros(1).expand(1000)}", "beyond its storage"}};
  std::string code = "import torch, fractions\n";
  for (std::size_t i = 0; i < cases.size(); ++i)
    code += fmt::format("torch.save({}, '{}/{}.pt')\n", cases[i].first, dir.path().string(), i);
  run_python(code);
  for (std::size_t i = 0; i < cases.size(); ++i)
    EXPECT_NE(failure([&] { load_state_dict(dir / fmt::format("{}.pt", i)); }).find(cases[i].second), std::string::npos);
}

TEST(StateDict, RefusesViewsOutsideTheirStorage) {
  if (!python_has_torch()) GTEST_SKIP() << "python3 has no torch";
  apq::test::TempDir const dir;
  // A tensor's reduction with other numbers: offset, shape, strides. The last one is sound.
  std::vector<char const*> const views{"0, (7,), (1,)",     "1, (6,), (1,)",     "0, (2, 3), (4, 1)", "-1, (2,), (1,)",
                                       "0, (2,), (-1,)",    "0, (-2,), (1,)",    "0, (2, 2), (1,)",   "0, (2**40, 2**40), (0, 0)",
                                       "0, (2,), (2**62,)", "2**62, (1,), (1,)", "1, (2, 2), (2, 1)"};
  std::string code = R"(
import torch, collections
t = torch.arange(6.)
class View:
  def __init__(self, *numbers): self.numbers = numbers
  def __reduce__(self): return torch._utils._rebuild_tensor_v2, (t.storage(), *self.numbers, False, collections.OrderedDict())
)";
  for (std::size_t i = 0; i < views.size(); ++i)
    code += fmt::format("torch.save({{'v': View({})}}, '{}/{}.pt')\n", views[i], dir.path().string(), i);
  run_python(code);
  for (std::size_t i = 0; i + 1 < views.size(); ++i)
    EXPECT_NE(failure([&] { load_state_dict(dir / fmt::format("{}.pt", i)); }).find(": v: "), std::string::npos) << views[i];
  EXPECT_TRUE(
      at::equal(load_state_dict(dir / fmt::format("{}.pt", views.size() - 1)).at("v"), at::tensor({1.f, 2.f, 3.f, 4.f}).reshape({2, 2})));
}

TEST(StateDict, RefusesDamagedFiles) {
  apq::test::TempDir const dir;
  failure([&] { load_state_dict(dir / "absent.pt"); }, apq::Errc::io);
  failure([&] { load_state_dict(dir.path()); }, apq::Errc::io);
  save_state_dict(dir / "a.pt", sample());
  auto const bytes = apq::read_file(dir / "a.pt");
  for (std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{100}, bytes.size() / 2, bytes.size() - 1}) {
    std::ofstream(dir / "cut.pt", std::ios::binary) << bytes.substr(0, size);
    failure([&] { load_state_dict(dir / "cut.pt"); });
  }
  std::ofstream(dir / "text.pt") << "hello";
  EXPECT_NE(failure([&] { load_state_dict(dir / "text.pt"); }).find("not a file of torch.save"), std::string::npos);
  failure([&] { save_state_dict(dir / "no" / "such" / "folder.pt", sample()); }, apq::Errc::io);
  failure([&] { save_state_dict(dir / "c.pt", {{"z", at::zeros({1}, at::kComplexFloat)}}); });
}

TEST(StateDict, RequireMatchListsEveryKey) {
  StateDict const dict{{"a", at::zeros({2})}, {"b", at::zeros({2, 3})}, {"extra", at::zeros({1})}};
  require_match({{"a", {2}}, {"b", {2, 3}}, {"extra", {1}}}, dict, "f.pt");
  auto const message = failure([&] { require_match({{"a", {2}}, {"b", {3, 2}}, {"gone", {1}}, {"lost", {}}}, dict, "f.pt"); });
  EXPECT_EQ(message,
            "f.pt: keys do not match this space and network; 2 missing: gone, lost; 1 unexpected: "
            "extra; 1 mis-shaped: b [2, 3], not [3, 2]");
  Shapes many;
  for (int i = 0; i < 30; ++i) many[fmt::format("k{:02}", i)] = {1};
  auto const listed = failure([&] { require_match(many, {}, "f.pt"); });
  EXPECT_NE(listed.find("30 missing: k00"), std::string::npos);
  for (auto const& [name, shape] : many) EXPECT_NE(listed.find(name), std::string::npos) << name;
}

TEST(StateDict, ReadsGoldenFiles) {
  APQ_REQUIRE_GOLDEN(golden);
  auto const predictor = load_state_dict(golden / "predictor_quant.pth");
  EXPECT_EQ(predictor.size(), 10u);
  EXPECT_EQ(predictor.at("layers.1.0.weight").sizes(), (at::IntArrayRef{400, 400}));
  auto const supernet = load_state_dict(golden / "supernet_random.pth");
  EXPECT_EQ(supernet.at("first_conv.conv.weight").sizes(), (at::IntArrayRef{32, 3, 3, 3}));
  EXPECT_EQ(supernet.at("first_conv.bn.num_batches_tracked").scalar_type(), at::kLong);
}

TEST(StateDict, ReadsLegacyFiles) {
  APQ_REQUIRE_DATA(data);
  auto const file = data / "weights" / "mcunet-256kb-1mb_imagenet.pth";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << file << " is absent";
  auto const dict = load_state_dict(file);
  EXPECT_GT(dict.size(), 100u);
  EXPECT_EQ(dict.at("classifier.linear.bias").sizes(), (at::IntArrayRef{1000}));
}

}  // namespace
