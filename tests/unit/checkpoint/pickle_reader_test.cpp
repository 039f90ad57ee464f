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
  ASSERT_EQ(dict->items.size(), 2u);
  EXPECT_EQ(*dict->items[0].first->as<std::string>(), "a");
  auto const& list = dict->items[0].second->as<List>()->items;
  std::vector<std::int64_t> values;
  for (auto const* item : list) values.push_back(*item->as<std::int64_t>());
  EXPECT_EQ(values, (std::vector<std::int64_t>{1, -2, 300, 70000}));
  EXPECT_TRUE(*dict->items[1].second->as<Tuple>()->items[0]->as<bool>());
  EXPECT_TRUE(dict->items[1].second->as<Tuple>()->items[1]->as<None>());
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
    EXPECT_EQ(tensor->storage->key, "5");
    EXPECT_EQ(tensor->storage->type, apq::checkpoint::ElementType::float32);
    EXPECT_EQ(tensor->storage->num_elements, 6);
    EXPECT_EQ(tensor->offset, 1);
    EXPECT_EQ(tensor->shape, (std::vector<std::int64_t>{2, 3}));
    EXPECT_EQ(tensor->strides, (std::vector<std::int64_t>{3, 1}));
  }
}

std::string opaque(std::string const& bytes) {
  auto const document = read(bytes, "file");
  auto const* const object = document.root->as<Opaque>();
  return object ? object->name : "";
}

TEST(PickleReader, WhatOthersWouldMakeIsLeftOutUnderItsName) {
  EXPECT_EQ(opaque("cposix\nsystem\n(X\2\0\0\0lstR."s), "posix.system");
  EXPECT_EQ(opaque("\x8c\x08"
                   "builtins\x8c\x04"
                   "eval\x93\x8c\x01"
                   "1\x85R."s),
            "builtins.eval");
  EXPECT_EQ(opaque("ctorch\nFloatStorage\n)R."s), "torch.FloatStorage");
  EXPECT_EQ(opaque("cargparse\nNamespace\n)\x81}X\1\0\0\0aK\1sb."s), "argparse.Namespace");
  EXPECT_EQ(opaque("cargparse\nNamespace\n)}\x92}b."s), "argparse.Namespace");
  EXPECT_EQ(opaque("ccopy_reg\n_reconstructor\n(cmy\nConfig\nc__builtin__\nobject\nNtR}b."s), "my.Config");
  EXPECT_EQ(opaque("(K\1imy\nOld\n}b."s), "my.Old");
  EXPECT_EQ(opaque("(cmy\nOld\nK\1o}b."s), "my.Old");
  EXPECT_EQ(opaque("\x8f(K\1K\2\x90."s), "set");
  EXPECT_EQ(opaque("(K\1\x91."s), "frozenset");
  EXPECT_EQ(opaque("cmy\nList\n)RK\1a(K\2K\3e."s), "my.List");
  EXPECT_EQ(opaque("cmy\nfactory\n)R)R."s), "my.factory") << "what it makes is called";
  EXPECT_EQ(opaque(std::string("c") + std::string(1000, 'm') + "\nC\n)R.").size(), max_opaque_name);
  EXPECT_EQ(read("cos\nsystem\n.", "file").root->as<Global>()->name, "os.system");
  // defaultdict(list, a=1)
  auto const document = read("ccollections\ndefaultdict\nc__builtin__\nlist\n\x85R(X\1\0\0\0aK\1u."s, "file");
  ASSERT_NE(document.root->as<Dict>(), nullptr);
  EXPECT_EQ(document.root->as<Dict>()->items.size(), 1u);
}

std::string const storage =
    "(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"
    "5X\6\0\0\0cuda:0K\x06tQ"s;

TEST(PickleReader, TensorsOfOtherKindsAreTensorsOrLeftOut) {
  auto const plain = "ctorch._utils\n_rebuild_tensor_v2\n(" + storage + "K\x01K\x02K\x03\x86K\x03K\x01\x86\x89NtR"s;
  for (auto const& bytes : {"ctorch._utils\n_rebuild_parameter\n("s + plain + "\x88NtR."s,
                            "ctorch._utils\n_rebuild_parameter_with_state\n("s + plain + "\x88N}tR."s,
                            // with attributes: (function, class, its arguments, attributes)
                            "ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_tensor_v2\nctorch\nTensor\n("s + storage +
                                "K\x01K\x02K\x03\x86K\x03K\x01\x86\x89Nt}tR."s}) {
    auto const document = read(bytes, "file");
    auto const* const found = document.root->as<TensorRef>();
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->shape, (std::vector<std::int64_t>{2, 3}));
    EXPECT_EQ(found->storage->key, "5");
  }
  auto complex = plain + ".";
  complex.replace(complex.find("FloatStorage"), 12, "ComplexFloatStorage");
  EXPECT_EQ(opaque(complex), "torch.ComplexFloatStorage");
  EXPECT_EQ(opaque("ctorch._utils\n_rebuild_sparse_tensor\nN\x85R."s), "torch._utils._rebuild_sparse_tensor");
}

/// The byte at which the reader gave up: it may not have read on.
std::size_t stopped_at(std::string const& bytes) {
  auto const message = failure(bytes);
  EXPECT_NE(message.find(" MiB out of "), std::string::npos) << message;
  auto const at = message.find("byte ");
  return at == message.npos ? bytes.size() : std::stoul(message.substr(at + 5));
}

TEST(PickleReader, WhatIsBuiltIsBoundedByWhatWasRead) {
  // One tuple of 20,000 numbers, then 16,000 times torch.Size of it: 160 KB, which would be 2.5 GB.
  std::string const many = std::string("(") + std::string(20'000, 'N') + "tq\1";
  auto repeated = [](std::string const& what, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) result += what;
    return result;
  };
  auto const head = "ctorch\nSize\nq\2" + many + "0";
  EXPECT_LT(stopped_at(head + repeated("h\2h\1\x85R", 16'000) + "."), head.size() + 10'000);
  // The same by tensors' shapes, by OrderedDict's argument, and by lists that take what another holds.
  std::string const numbers = std::string("(") + repeated("K\1", 20'000) + "tq\1";
  auto const shapes = "ctorch._utils\n_rebuild_tensor_v2\nq\2" + storage + "q\3" + numbers + "(h\3K" + std::string(1, '\0') + "h\1h\1tq\4";
  EXPECT_LT(stopped_at(shapes + repeated("h\2h\4R", 16'000) + "."), shapes.size() + 20'000);
  auto const pairs = "ccollections\nOrderedDict\nq\2](" + repeated("NN\x86", 20'000) + "eq\1\x85q\3";
  EXPECT_LT(stopped_at(pairs + repeated("h\2h\3R", 16'000) + "."), pairs.size() + 30'000);
  auto const storages = "X\x50\xc3\0\0"s + std::string(50'000, 'k') + "q\1(X\7\0\0\0storageq\2ctorch\nFloatStorage\nh\1h\1K\1tq\3"s;
  EXPECT_LT(stopped_at(storages + repeated("h\3Q", 16'000) + "."), storages.size() + 3'000);
}

TEST(PickleReader, SoundFilesAreFarFromTheBound) {
  EXPECT_EQ(read(std::string("](") + std::string(1'000'000, 'N') + "e.", "file").root->as<List>()->items.size(), 1'000'000u);
  auto sizes = "ctorch\nSize\nq\2(" + std::string(50, 'N') + "tq\1\x85q\3](";
  for (int i = 0; i < 1'200'000; ++i) sizes += "h\2h\3R";
  EXPECT_NE(failure(sizes + "e.").find("builds 512 MiB out of"), std::string::npos) << "whatever the file's size";
  auto const memo = std::string("]") + std::string(1'000'000, '\x94') + ".";
  EXPECT_NE(read(memo, "file").root->as<List>(), nullptr);
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
  EXPECT_NE(failure("\x82\1."s).find("0x82"), std::string::npos);
  EXPECT_NE(failure("K\1)R."s).find("a function expected"), std::string::npos);
  EXPECT_NE(failure("(o."s).find("a class is missing"), std::string::npos);
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
