#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

// Pickles as torch.save writes them (protocol 2, without a memo), piece by piece; each function gives one value.
namespace apq::test {

inline std::string little_endian(std::uint64_t value, int bytes) {
  std::string result;
  for (int i = 0; i < bytes; ++i) result += static_cast<char>(value >> (8 * i));
  return result;
}

inline std::string pickled_text(std::string const& text) { return std::string("X") + little_endian(text.size(), 4) + text; }
inline std::string pickled_number(std::int64_t value) {
  return std::string("\x8a\x08") + little_endian(static_cast<std::uint64_t>(value), 8);
}
inline std::string pickled_numbers(std::vector<std::int64_t> const& values) {
  std::string result = "(";
  for (auto const value : values) result += pickled_number(value);
  return result + "t";
}

using PickledItems = std::vector<std::pair<std::string, std::string>>;  // names and values
inline std::string pickled_pairs(PickledItems const& items) {
  std::string result = "(";
  for (auto const& [name, value] : items) result += pickled_text(name) + value;
  return result + "u";
}
inline std::string pickled_dict(PickledItems const& items) { return std::string("}") + pickled_pairs(items); }
/// OrderedDict, with the attributes that Module.state_dict() gives it.
inline std::string pickled_ordered(PickledItems const& items) {
  return "ccollections\nOrderedDict\n)R" + pickled_pairs(items) + "}" + pickled_text("_metadata") + "}sb";
}

/// A contiguous tensor of a storage of its own, which holds as many elements.
inline std::string pickled_tensor(std::string const& key, std::vector<std::int64_t> const& shape,
                                  std::string const& storage = "FloatStorage") {
  std::int64_t size = 1;
  std::vector<std::int64_t> strides(shape.size());
  for (auto i = shape.size(); i-- > 0; size *= shape[i]) strides[i] = size;
  return "ctorch._utils\n_rebuild_tensor_v2\n((" + pickled_text("storage") + "ctorch\n" + storage + "\n" + pickled_text(key) +
         pickled_text("cpu") + pickled_number(size) + "tQ" + pickled_number(0) + pickled_numbers(shape) + pickled_numbers(strides) +
         "\x89"
         "ccollections\nOrderedDict\n)RtR";
}

/// module.name(arguments), each argument a value.
inline std::string pickled_call(std::string const& module, std::string const& name, std::vector<std::string> const& arguments) {
  std::string result = "c" + module + "\n" + name + "\n(";
  for (auto const& argument : arguments) result += argument;
  return result + "tR";
}
/// An object of a Python 3 class with attributes, as argparse.Namespace is pickled.
inline std::string pickled_object(std::string const& module, std::string const& name, PickledItems const& attributes) {
  return "c" + module + "\n" + name + "\n)\x81" + pickled_dict(attributes) + "b";
}
/// numpy.float64(value): scalar(dtype('f8'), _codecs.encode('...', 'latin1'))
inline std::string pickled_numpy_scalar() {
  auto const dtype = pickled_call("numpy", "dtype", {pickled_text("f8"), "\x89", "\x88"}) + "(K\x03" + pickled_text("<") +
                     std::string("NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK") + std::string(1, '\0') + "tb";
  return pickled_call("numpy.core.multiarray", "scalar",
                      {dtype, pickled_call("_codecs", "encode", {pickled_text("12345678"), pickled_text("latin1")})});
}

inline std::string pickled(std::string const& value) { return "\x80\x02" + value + "."; }

}  // namespace apq::test
