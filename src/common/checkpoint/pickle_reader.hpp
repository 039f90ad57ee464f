#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// The part of Python's pickle format that a saved state dict needs, read as plain data: nothing is
// ever executed, and a global that is not on the short list below is refused by name. Knows nothing
// of LibTorch.
namespace apq::checkpoint::pickle {

struct Value;
using Items = std::vector<Value const*>;

struct None {};
struct Bytes {
  std::string data;
};
struct Tuple {
  Items items;
};
struct List {
  Items items;
};
/// dict and OrderedDict: pairs in order of insertion; a repeated key appears twice (the last one
/// counts).
struct Dict {
  std::vector<std::pair<Value const*, Value const*>> items;
  /// Value of a string key, or null.
  Value const* find(std::string_view key) const;
};
/// An allowed name, e.g. "torch._utils._rebuild_tensor_v2".
struct Global {
  std::string name;
};
/// A typed block of memory that lies elsewhere in the file.
struct StorageRef {
  std::string type;  ///< "FloatStorage", ...
  std::string key;   ///< which block
  std::int64_t num_elements = 0;
};
/// A strided view of a storage; in elements, not bytes. Nothing is checked against the storage yet.
struct TensorRef {
  StorageRef storage;
  std::int64_t offset = 0;
  std::vector<std::int64_t> shape, strides;
};

struct Value {
  std::variant<None, bool, std::int64_t, double, std::string, Bytes, Tuple, List, Dict, Global, StorageRef, TensorRef> data;
  template <class T>
  T const* as() const {
    return std::get_if<T>(&data);
  }
};

/// Owns every value flat, so that neither deep nesting nor a cycle in the file can exhaust the
/// stack.
struct Document {
  std::deque<Value> values;
  Value const* root = nullptr;
  std::size_t size = 0;  ///< bytes read, up to and with the STOP
};

/// Reads one pickle (protocols 0-4, the opcodes that data needs) from the front of `bytes`.
///
/// Allowed globals: collections.OrderedDict, torch.Size, torch._utils._rebuild_tensor{,_v2},
/// torch._utils._rebuild_parameter, and
/// torch{,.cuda}.{Double,Float,Half,BFloat16,Long,Int,Short,Char,Byte,Bool}Storage.
/// @throws Error(data) "`source`: byte N: ..." when truncated, malformed, or asking for anything
/// else.
Document read(std::string_view bytes, std::string const& source);

}  // namespace apq::checkpoint::pickle
