#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace apq::test {

/// The file format of torch.save before PyTorch 1.6 around a pickled object; its storages are float32, keys "0", "1", ...
inline std::string legacy_checkpoint(std::string const& object, std::vector<std::vector<float>> const& storages) {
  using namespace std::string_literals;
  std::string bytes = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}."s;
  bytes += object;
  std::string keys = "\x80\x02](";
  std::string data;
  for (std::size_t i = 0; i < storages.size(); ++i) {
    keys += "X\x01\0\0\0"s + static_cast<char>('0' + i);
    auto const size = static_cast<std::int64_t>(storages[i].size());
    data.append(reinterpret_cast<char const*>(&size), sizeof size);
    data.append(reinterpret_cast<char const*>(storages[i].data()), storages[i].size() * sizeof(float));
  }
  return bytes + keys + "e." + data;
}

/// {'state_dict': OrderedDict(weight=[2, 3], bias=[4])} with storages of 6 and 4 elements, as a pickle of protocol 2.
inline std::string legacy_object() {
  using namespace std::string_literals;
  auto tensor = [](std::string const& name, char key, char count, std::string const& shape, std::string const& strides) {
    return "X"s + static_cast<char>(name.size()) + "\0\0\0"s + name +
           "ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0"s + key + "X\x03\0\0\0cpuK"s + count +
           "NtQK\0"s + shape + strides +
           "\x89"
           "ccollections\nOrderedDict\n)RtR"s;
  };
  return "\x80\x02}X\x0a\0\0\0state_dictccollections\nOrderedDict\n)R("s + tensor("weight", '0', '\6', "K\2K\3\x86"s, "K\3K\1\x86"s) +
         tensor("bias", '1', '\4', "K\4\x85"s, "K\1\x85"s) + "us."s;
}

}  // namespace apq::test
