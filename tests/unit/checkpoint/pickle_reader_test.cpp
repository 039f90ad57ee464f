#include "common/checkpoint/pickle_reader.hpp"

#include <gtest/gtest.h>

#include "common/core/error.hpp"
#include "common/core/random.hpp"

using namespace apq::checkpoint::pickle;
using namespace std::string_literals;

namespace {

std::string failure(std::string const& bytes) {
  try {
    read(bytes, "file");
  } catch (apq::Error const& error) {
    EXPECT_EQ(error.code(), apq::Errc::data);
    return error.what();
  }
  return "";
}

TEST(PickleReader, ReadsScalarsOfAllProtocols) {
  // ({'a': [1, -2, 300, 70000], 'b': (True, None)}, 1.5)
  auto const document =
      read("\x80\x02}(X\x01\0\0\0a](K\x01J\xfe\xff\xff\xffM,\x01J\x70\x11\x01\0eX\x01\0\0\0b\x88N\x86uG\x3f\xf8\0\0\0\0\0\0\x86."s, "file");
  auto const& pair = document.root->as<Tuple>()->items;
  ASSERT_EQ(pair.size(), 2u);
  auto const* dict = pair[0]->as<Dict>();
  auto const& list = dict->find("a")->as<List>()->items;
  std::vector<std::int64_t> values;
  for (auto const* item : list) values.push_back(*item->as<std::int64_t>());
  EXPECT_EQ(values, (std::vector<std::int64_t>{1, -2, 300, 70000}));
  EXPECT_TRUE(*dict->find("b")->as<Tuple>()->items[0]->as<bool>());
  EXPECT_TRUE(dict->find("b")->as<Tuple>()->items[1]->as<None>());
  EXPECT_EQ(dict->find("c"), nullptr);
  EXPECT_EQ(*pair[1]->as<double>(), 1.5);

  EXPECT_EQ(*read("I42\n.", "file").root->as<std::int64_t>(), 42);
  EXPECT_EQ(*read("L-7L\n.", "file").root->as<std::int64_t>(), -7);
  EXPECT_FALSE(*read("I00\n.", "file").root->as<bool>());
  EXPECT_EQ(*read("\x8a\x01\xff."s, "file").root->as<std::int64_t>(), -1);
  EXPECT_EQ(*read("\x8a\x00."s, "file").root->as<std::int64_t>(), 0);
  EXPECT_EQ(read("\x8a\x09\x01\x02\x03\x04\x05\x06\x07\x08\x09."s, "file").root->as<Bytes>()->data.size(), 9u);
  EXPECT_EQ(*read("\x80\x04\x95\x05\0\0\0\0\0\0\0\x8c\x02hi\x94."s, "file").root->as<std::string>(), "hi");
  EXPECT_EQ(read("\x80\x02U\x02hi.\x80"s, "file").size, 7u);
}

TEST(PickleReader, MemoGivesTheSameValueAgain) {
  auto const document = read("]q\x00(K\x01h\x00\x65."s, "file");  // a list that holds itself
  auto const& items = document.root->as<List>()->items;
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[1], document.root);
  auto const memoized = read(
      "\x8c\x01x\x94\x8c\x01y\x94"
      "0h\x00\x86."s,
      "file");
  EXPECT_EQ(*memoized.root->as<Tuple>()->items[0]->as<std::string>(), "x");
  EXPECT_EQ(*memoized.root->as<Tuple>()->items[1]->as<std::string>(), "x");
}

TEST(PickleReader, ReadsATensorOnAnyDevice) {
  for (std::string const global : {"ctorch\nFloatStorage\n", "ctorch.cuda\nFloatStorage\n"}) {
    auto const document = read("ctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storage"s + global +
                                   "X\1\0\0\0"
                                   "5X\6\0\0\0cuda:0K\x06tQK\x01K\x02K\x03\x86K\x03K\x01\x86\x89"
                                   "ccollections\nOrderedDict\n)RtR."s,
                               "file");
    auto const* tensor = document.root->as<TensorRef>();
    ASSERT_NE(tensor, nullptr);
    EXPECT_EQ(tensor->storage.key, "5");
    EXPECT_EQ(tensor->storage.type, "FloatStorage");
    EXPECT_EQ(tensor->storage.num_elements, 6);
    EXPECT_EQ(tensor->offset, 1);
    EXPECT_EQ(tensor->shape, (std::vector<std::int64_t>{2, 3}));
    EXPECT_EQ(tensor->strides, (std::vector<std::int64_t>{3, 1}));
  }
}

TEST(PickleReader, RefusesEveryOtherGlobalByName) {
  EXPECT_NE(failure("cposix\nsystem\n(X\2\0\0\0lstR."s).find("posix.system"), std::string::npos);
  EXPECT_NE(failure("\x8c\x08"
                    "builtins\x8c\x04"
                    "eval\x93."s)
                .find("builtins.eval"),
            std::string::npos);
  EXPECT_NE(failure("ctorch\nload\n."s).find("torch.load"), std::string::npos);
  EXPECT_NE(failure("ctorch\nFloatStorage\n)R."s).find("not a function"), std::string::npos);
}

TEST(PickleReader, RefusesMalformedInput) {
  EXPECT_NE(failure("").find("cut short"), std::string::npos);
  EXPECT_NE(failure("X\xff\xff\xff\xffhi"s).find("cut short"), std::string::npos);
  EXPECT_NE(failure("\x8d\xff\xff\xff\xff\xff\xff\xff\xffhi"s).find("cut short"), std::string::npos);
  EXPECT_NE(failure("h\x05."s).find("memo 5"), std::string::npos);
  EXPECT_NE(failure("t."s).find("mark"), std::string::npos);
  EXPECT_NE(failure("K\x01(0."s).find("operand"), std::string::npos);
  EXPECT_NE(failure("K\x01K\x02"
                    "a."s)
                .find("a list expected"),
            std::string::npos);
  EXPECT_NE(failure("}(K\x01u."s).find("no value"), std::string::npos);
  EXPECT_NE(failure("}K\x01"
                    "Q."s)
                .find("tuple"),
            std::string::npos);
  EXPECT_NE(failure("\x80\x09."s).find("protocol 9"), std::string::npos);
  EXPECT_NE(failure("\x8f."s).find("0x8f"), std::string::npos);
  EXPECT_NE(failure("Ix\n."s).find("integer"), std::string::npos);
}

TEST(PickleReader, DeepNestingNeedsNoStack) {
  std::string bytes = ")";
  bytes.append(1'000'000, '\x85');
  bytes += '.';
  EXPECT_NE(read(bytes, "file").root->as<Tuple>(), nullptr);
}

// Whatever the bytes, the reader either returns or throws Error(data).
TEST(PickleReader, SurvivesDamage) {
  auto const sound =
      "\x80\x02}q\x00(X\x01\0\0\0aq\x01](K\x01J\xfe\xff\xff\xffM,\x01h\x01"
      "eX\x01\0\0\0b\x88N\x86h\x00\x85q\x02usG\x3f\xf8\0\0\0\0\0\0\x86."s;
  apq::RandomStream random(1, "test.pickle");
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto bytes = sound.substr(0, random.below(sound.size() + 1));
    for (auto changes = random.below(4); changes > 0 && !bytes.empty(); --changes)
      bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
    if (!failure(bytes).empty()) ++refused;
  }
  EXPECT_GT(refused, 10'000);
}

}  // namespace
