#include "common/checkpoint/safetensors.hpp"

#include <map>

#include <gtest/gtest.h>

#include "support/error_of.hpp"
#include "support/safetensors_file.hpp"

namespace {
using namespace apq;
using test::safetensors_file;

std::vector<checkpoint::StoredTensor> read(std::string const& file) {
  EXPECT_TRUE(checkpoint::is_safetensors(file));
  return checkpoint::read_safetensors(file, "w.safetensors");
}

void expect_refused(std::string const& part, std::string const& file) {
  test::expect_error(Errc::data, "w.safetensors" + part, [&] { read(file); });
}

TEST(Safetensors, EveryTypeAndShape) {
  std::string header = R"({"__metadata__":{"format":"pt"},)";
  std::string data;
  for (auto const& row : checkpoint::element_types) {
    auto const size = static_cast<std::size_t>(6 * row.size);
    header += fmt::format(R"("t_{}":{{"dtype":"{}","shape":[2,3],"data_offsets":[{},{}]}},)", row.name, row.safetensors, data.size(),
                          data.size() + size);
    data += std::string(size, static_cast<char>('a' + data.size() % 26));
  }
  header += fmt::format(
      R"("scalar":{{"dtype":"F32","shape":[],"data_offsets":[{0},{1}]}},"none":{{"dtype":"F32","shape":[0,4],"data_offsets":[{1},{1}]}}}}   )",
      data.size(), data.size() + 4);
  data += "1234";
  auto const file = safetensors_file(header, data);
  std::map<std::string, checkpoint::StoredTensor> tensors;
  for (auto const& tensor : read(file)) tensors[tensor.name] = tensor;
  ASSERT_EQ(tensors.size(), checkpoint::element_types.size() + 2);
  for (auto const& row : checkpoint::element_types) {
    auto const& tensor = tensors.at(std::string("t_") + std::string(row.name));
    EXPECT_EQ(tensor.type, row.type);
    EXPECT_EQ(tensor.shape, (std::vector<std::int64_t>{2, 3}));
    EXPECT_EQ(tensor.strides, (std::vector<std::int64_t>{3, 1}));
    EXPECT_EQ(checkpoint::extent_of(tensor, "t").num_elements, 6);
    EXPECT_EQ(tensor.storage, std::string(static_cast<std::size_t>(6 * row.size), tensor.storage[0]));
  }
  EXPECT_EQ(tensors.at("scalar").storage, "1234");
  EXPECT_TRUE(tensors.at("none").storage.empty());
}

TEST(Safetensors, TheHeaderIsBounded) {
  auto const sound = safetensors_file(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "1234");
  EXPECT_EQ(read(sound).size(), 1u);
  expect_refused(": its header of ", test::little_endian(sound.size(), 8) + sound.substr(8));
  expect_refused(": its header of 1000000000000 bytes", test::little_endian(1'000'000'000'000, 8) + sound.substr(8));
  expect_refused(":1: is not valid JSON", test::little_endian(20, 8) + sound.substr(8));
  expect_refused(":1: is nested too deeply", safetensors_file(std::string(R"({"a":)") + std::string(100'000, '['), ""));
  expect_refused(":1: has the key \"a\" twice", safetensors_file(R"({"a":1,"a":2})", ""));
  EXPECT_FALSE(checkpoint::is_safetensors("{\"a\": {{"));
  EXPECT_FALSE(checkpoint::is_safetensors(""));
}

TEST(Safetensors, EntriesThatDoNotFitAreNamed) {
  auto one = [](std::string const& entry) { return safetensors_file("{\"a\\u001b\": " + entry + "}", "12345678"); };
  std::string const name = ": a\\x1b: ";
  expect_refused(name + "needs dtype, shape", one("3"));
  expect_refused(name + "needs dtype, shape", one(R"({"dtype":"F32","shape":[2]})"));
  expect_refused(name + "needs dtype, shape", one(R"({"dtype":4,"shape":[2],"data_offsets":[0,8]})"));
  expect_refused(name + "needs dtype, shape", one(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})"));
  expect_refused(name + "needs dtype, shape", one(R"({"dtype":"F32","shape":[2.0],"data_offsets":[0,8]})"));
  expect_refused(name + "needs dtype, shape", one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,4,8]})"));
  expect_refused(name + "needs dtype, shape", one(R"({"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]})"));
  expect_refused(name + "needs dtype, shape", one(R"({"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]})"));
  expect_refused(name + "has dtype F8_E4M3; read are F64, F32,", one(R"({"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]})"));
  expect_refused(name + "has data_offsets [8, 0]", one(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"));
  expect_refused(name + "has data_offsets [0, 16] of 8 bytes", one(R"({"dtype":"F32","shape":[4],"data_offsets":[0,16]})"));
  expect_refused(name + "has 8 bytes for 3 elements of F32", one(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})"));
  expect_refused(name + "has 8 bytes for ",
                 one(R"({"dtype":"F32","shape":[4611686018427387904,4611686018427387904],"data_offsets":[0,8]})"));
}

TEST(Safetensors, TensorsFillTheFileSideBySide) {
  auto two = [](char const* first, char const* second) {
    return safetensors_file(
        fmt::format(R"({{"a":{{"dtype":"U8","shape":[4],"data_offsets":{}}},"b":{{"dtype":"U8","shape":[4],"data_offsets":{}}}}})", first,
                    second),
        "12345678");
  };
  EXPECT_EQ(read(two("[4,8]", "[0,4]")).front().name, "b");
  expect_refused(": b begins at byte 2 of the data, where byte 4 is next", two("[0,4]", "[2,6]"));
  expect_refused(": b begins at byte 0 of the data, where byte 4 is next", two("[0,4]", "[0,4]"));
  expect_refused(": a begins at byte 1 of the data, where byte 0 is next", two("[1,5]", "[4,8]"));
  expect_refused(": 4 bytes at its end belong to no tensor",
                 safetensors_file(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", "12345678"));
}

}  // namespace
