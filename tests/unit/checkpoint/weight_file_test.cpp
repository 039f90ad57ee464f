#include "common/checkpoint/weight_file.hpp"

#include <gtest/gtest.h>

#include "common/checkpoint/key_prefix.hpp"
#include "common/checkpoint/mistaken_file.hpp"
#include "common/checkpoint/weight_file_text.hpp"
#include "support/error_of.hpp"
#include "support/legacy_checkpoint.hpp"
#include "support/safetensors_file.hpp"
#include "support/zip_archive.hpp"

// What people's checkpoints look like, and which of their weights are taken.
namespace {
using namespace apq;
using namespace apq::test;

/// Two tensors of 1 and 2 float32, with `prefix` in front of their names, in storages "0" and "1".
PickledItems two_tensors(std::string const& prefix = "") {
  return {{prefix + "conv.weight", pickled_tensor("0", {1})}, {prefix + "conv.bias", pickled_tensor("1", {2})}};
}
std::string zipped(std::string const& value) { return zip_checkpoint(pickled(value), {std::string(4, 'x'), std::string(8, 'y')}); }
std::string legacy(std::string const& value) { return legacy_checkpoint(pickled(value), {{1}, {2, 3}}); }

std::string said_of(std::string const& content, std::string const& key = {}) {
  auto const file = checkpoint::read_weight_file(content, "a.pth", key);
  return checkpoint::reading_text("a.pth", checkpoint::reading_of(file));
}
std::string key_of(std::string const& value, std::string const& key = {}) {
  auto const content = zipped(value);
  return checkpoint::read_weight_file(content, "a.pth", key).key;
}
void expect_refused(std::string const& part, std::string const& content, std::string const& key = {}) {
  expect_error(Errc::data, part, [&] { checkpoint::read_weight_file(content, "a.pth", key); });
}

TEST(WeightFile, TheStateDictIsFoundUnderAnyUsualName) {
  auto const weights = pickled_ordered(two_tensors());
  EXPECT_EQ(key_of(weights), ".");
  EXPECT_EQ(key_of(pickled_dict(two_tensors())), ".");
  for (char const* name :
       {"state_dict", "model", "state_dict_ema", "model_state_dict", "ema", "net", "module", "network", "weights", "some_name"})
    EXPECT_EQ(key_of(pickled_dict({{"epoch", pickled_number(3)}, {name, weights}})), name);
  EXPECT_EQ(key_of(pickled_dict({{"model", pickled_dict({{"state_dict", weights}})}})), "model.state_dict");
  EXPECT_EQ(key_of(pickled_dict({{"a", pickled_dict({{"b", weights}})}})), "a.b");
  for (auto const& content : {zipped(pickled_dict({{"model", weights}})), legacy(pickled_dict({{"model", weights}}))}) {
    auto const file = checkpoint::read_weight_file(content, "a.pth");
    ASSERT_EQ(file.tensors.size(), 2u);
    EXPECT_EQ(file.tensors[0].name, "conv.bias");
    EXPECT_EQ(file.tensors[0].shape, std::vector<std::int64_t>{2});
    EXPECT_EQ(file.tensors[0].storage.size(), 8u);
    EXPECT_EQ(file.num_unread, 0u);
  }
}

TEST(WeightFile, OfSeveralTheUsualNameIsTakenAndAKeyChooses) {
  auto weights = [](std::string const& prefix) { return pickled_dict(two_tensors(prefix)); };
  auto const both = pickled_dict({{"state_dict_ema", weights("e.")},
                                  {"best_acc1", pickled_tensor("0", {})},
                                  {"state_dict", weights("s.")},
                                  {"epoch", pickled_number(1)}});
  EXPECT_EQ(said_of(zipped(both)),
            "a.pth: read as: torch.save (zip), state dict state_dict (there is also . (the outermost dictionary), state_dict_ema), 2 "
            "tensors; left unread: best_acc1 "
            "(a tensor), epoch (a number)");
  EXPECT_EQ(key_of(both), "state_dict");
  EXPECT_EQ(key_of(both, "state_dict_ema"), "state_dict_ema");
  EXPECT_EQ(key_of(both, "."), ".");
  expect_refused("a.pth: holds no state dict under ema\\x1b; there are: . (1 tensor), state_dict_ema (2 tensors), state_dict (2 tensors)",
                 zipped(both), "ema\x1b");
  EXPECT_EQ(key_of(pickled_dict({{"module", weights("")}, {"model", weights("")}})), "model") << "in the order that is documented";
  EXPECT_EQ(key_of(pickled_dict({{"ema", pickled_dict({{"state_dict", weights("")}})}, {"net", weights("")}})), "net") << "the outer one";
  auto large = two_tensors();
  large.emplace_back("scale", pickled_tensor("0", {}));
  EXPECT_EQ(key_of(pickled_dict({{"head", weights("")}, {"trunk", pickled_dict(large)}})), "trunk") << "most tensors";
  expect_refused("a.pth: holds 2 state dicts that can be meant: student (2 tensors), teacher (2 tensors); choose with --key",
                 zipped(pickled_dict({{"student", weights("")}, {"teacher", weights("")}})));
  auto const shared = std::string("}") + pickled_text("first") + weights("") + "q\5s" + pickled_text("second") + "h\5s";
  EXPECT_EQ(key_of(shared), "first") << "one dictionary under two names";
}

TEST(WeightFile, WhatLiesBesideTheWeightsIsLeftUnread) {
  auto const content = zipped(pickled_dict({
      {"args", pickled_object("argparse", "Namespace", {{"lr", "G?\xb9\x99\x99\x99\x99\x99\x9a"}, {"sizes", "]K\1a"}})},
      {"best", pickled_numpy_scalar()},
      {"history", pickled_call("collections", "defaultdict", {"c__builtin__\nlist\n"}) + pickled_pairs({{"loss", "]"}})},
      {"config", pickled_object("my.own", "Config", {})},
      {"odd", pickled_call("__builtin__", "set", {"](K\1K\2e"})},
      {"model", pickled_ordered(two_tensors())},
  }));
  EXPECT_EQ(said_of(content),
            "a.pth: read as: torch.save (zip), state dict model, 2 tensors; left unread: args (an object of argparse.Namespace), "
            "best (an object of numpy.core.multiarray.scalar), history (a dictionary), config (an object of my.own.Config) and 1 more");
  // In the older format storages lie one behind the other, those of tensors that nobody reads among them.
  auto const complex = legacy_checkpoint(pickled(pickled_dict({{"fft", pickled_tensor("0", {2}, "ComplexFloatStorage")},
                                                               {"model", pickled_dict({{"w", pickled_tensor("1", {1})}})}})),
                                         {{1, 2, 3, 4}, {5}});
  auto const place = complex.rfind(little_endian(4, 8));
  ASSERT_NE(place, complex.npos);
  auto const with_complex = complex.substr(0, place) + little_endian(2, 8) + complex.substr(place + 8);
  EXPECT_EQ(said_of(with_complex),
            "a.pth: read as: torch.save (before PyTorch 1.6), state dict model, 1 tensor; left unread: fft (an object of "
            "torch.ComplexFloatStorage)");
  EXPECT_EQ(checkpoint::read_weight_file(with_complex, "a.pth").tensors[0].storage, std::string("\0\0\xa0\x40", 4));
  auto weights = two_tensors();
  weights.emplace_back("step", pickled_number(7));
  weights.emplace_back("extra", pickled_object("my.own", "Thing", {}));
  EXPECT_EQ(said_of(legacy(pickled_dict(weights))),
            "a.pth: read as: torch.save (before PyTorch 1.6), state dict without a key, 2 tensors; left unread: step (a number), extra (an "
            "object "
            "of my.own.Thing)");
  // A dictionary of another class is one all the same.
  EXPECT_EQ(key_of(pickled_dict({{"model", pickled_object("addict", "Dict", {}) + pickled_pairs(two_tensors())}})), "model");
}

TEST(WeightFile, WithoutAStateDictWhatIsThereIsNamed) {
  expect_refused(
      "a.pth: holds no state dict (a dictionary of tensors): it is an object of ofa.Net, nothing of which is run; save one with "
      "torch.save(net.state_dict(), file)",
      zipped(pickled_object("ofa", "Net", {{"_parameters", pickled_dict(two_tensors())}})));
  expect_refused("it is a dictionary of epoch (a number), model (an object of ofa.Net)",
                 zipped(pickled_dict({{"epoch", pickled_number(3)}, {"model", pickled_object("ofa", "Net", {})}})));
  expect_refused("it is an object of os.\\x1b[31m\\x1b]0;owned\\x07system",
                 zipped(pickled_call("os", "\x1b[31m\x1b]0;owned\x07system", {pickled_text("true")})));
  expect_refused("it is os.system", legacy("cos\nsystem\n"));
  expect_refused("it is a list", zipped("](K\1K\2e"));
  expect_refused("it is a dictionary of a (a dictionary)",
                 zipped(pickled_dict({{"a", pickled_dict({{"b", pickled_dict({{"c", pickled_dict(two_tensors())}})}})}})));
  expect_refused("it is an object of ofa.Net", legacy(std::string("(") + pickled_text("module") + "cofa\nNet\n" + pickled_text("net.py") +
                                                      pickled_text("...") + "tQ)\x81}b"));
}

TEST(WeightFile, SharedPrefixesAreNamed) {
  using checkpoint::shared_prefix;
  EXPECT_EQ(shared_prefix({"module.a", "module.b.c"}), "module.");
  EXPECT_EQ(shared_prefix({"module._orig_mod.a", "module._orig_mod.b"}), "module._orig_mod.");
  EXPECT_EQ(shared_prefix({"_orig_mod.model.module.a"}), "_orig_mod.model.module.");
  EXPECT_EQ(shared_prefix({"n_averaged", "module.a", "module.b"}), "module.");
  EXPECT_EQ(shared_prefix({"module.a", "b"}), "");
  EXPECT_EQ(shared_prefix({"module.model.a", "module.b"}), "module.");
  EXPECT_EQ(shared_prefix({"modules.a"}), "");
  EXPECT_EQ(shared_prefix({}), "");
  std::string hostile;
  while (hostile.size() < 10'000'000) hostile += "module.";
  EXPECT_LT(shared_prefix({hostile}).size(), 100u);
  EXPECT_NE(said_of(zipped(pickled_dict({{"model", pickled_dict(two_tensors("_orig_mod.module."))}})))
                .find("2 tensors, prefix _orig_mod.module. taken off"),
            std::string::npos);
}

TEST(WeightFile, SafetensorsAreToldByTheirContent) {
  auto const file = safetensors_file(
      R"({"b":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},"a":{"dtype":"F16","shape":[1],"data_offsets":[4,6]}})", "123456");
  EXPECT_EQ(said_of(file), "a.pth: read as: safetensors, state dict without a key, 2 tensors");
  auto const reading = checkpoint::reading_of(checkpoint::read_weight_file(file, "a.pth"));
  EXPECT_EQ(checkpoint::first_tensors_text(reading), "a  1  float16\nb  2  bfloat16\n");
  expect_refused("a.pth: is a file of safetensors, which holds one state dict; leave --key out", file, "ema");
}

TEST(WeightFile, WhatIsSomethingElseIsSaid) {
  expect_refused("a.pth: is a Git LFS pointer, not the file itself; fetch that with `git lfs pull`",
                 "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n");
  for (char const* page :
       {"<!DOCTYPE html><html>", "\n  <HTML lang=en>", "\xEF\xBB\xBF<html>", "<?xml version='1.0'?><Error><Code>AccessDenied</Code>"})
    expect_refused("a.pth: is a web page, not the file itself", page);
  expect_refused("a.pth: is compressed with gzip", "\x1f\x8b\x08");
  expect_refused("a.pth: is empty", "");
  expect_refused("a.pth: not a file of torch.save or safetensors", "hello");
  expect_refused("a.pth: is a zip archive without data.pkl", zip_archive({{"a.npy", "x"}}));
}

TEST(WeightFile, TensorsLieWithinTheFile) {
  auto const items = pickled_dict({{"w", pickled_tensor("0", {1'000'000'000})}});
  expect_refused("a.pth: w: its storage of 1000000000 elements has only 4 bytes", zipped(items));
  expect_refused("a.pth: record data/7 is missing", zipped(pickled_dict({{"w", pickled_tensor("7", {1})}})));
  auto const compressed = zip_archive({{"archive/data.pkl", pickled(pickled_dict({{"w", pickled_tensor("0", {1 << 20})}}))},
                                       {"archive/data/0", std::string(4 << 20, '\0'), true}});
  EXPECT_LT(compressed.size(), 10'000u);
  expect_refused("a.pth: record data/0 is compressed", compressed);
  checkpoint::StoredTensor tensor{
      "w", checkpoint::ElementType::float32, 0, std::vector<std::int64_t>(17, 1), std::vector<std::int64_t>(17, 1), "1234"};
  expect_error(Errc::data, "w: 17 dimensions", [&] { checkpoint::extent_of(tensor, "w"); });
}

// A file of a megabyte that names one dictionary again and again is walked once.
TEST(WeightFile, WalkingTakesNoLongerThanReading) {
  std::string inner = "}(";
  for (int i = 0; i < 20'000; ++i) inner += pickled_text(std::to_string(i)) + "}";
  inner += "uq\1";
  std::string outer = std::string("}") + pickled_text("0") + inner + "s(";
  for (int i = 0; i < 50'000; ++i) outer += pickled_text(std::to_string(i + 1)) + "h\1";
  expect_refused("holds no state dict", zipped(outer + "u"));
}

}  // namespace
