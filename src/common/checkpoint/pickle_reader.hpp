#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/checkpoint/element_type.hpp"

// Python's pickle format, as far as files of torch.save use it, read as plain data: nothing is ever executed. What a class or function
// that is not on the short list below would have made is left out, under its name. Knows nothing of LibTorch.
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
/// dict, OrderedDict, and whatever other object has items: pairs in order of insertion; a repeated key appears twice (the last one
/// counts).
struct Dict {
  std::vector<std::pair<Value const*, Value const*>> items;
};
/// A class or function by its name, e.g. "torch._utils._rebuild_tensor_v2". Anything may be named; that does nothing.
struct Global {
  std::string name;
};
/// What something of this name would have made (argparse.Namespace, numpy.core.multiarray.scalar): not made, its contents dropped.
struct Opaque {
  std::string name;  ///< at most max_opaque_name bytes
};
inline constexpr std::size_t max_opaque_name = 200;
/// A typed block of memory that lies elsewhere in the file.
struct StorageRef {
  ElementType type{};
  std::string_view unread;     ///< the class of one that tensors here cannot have, "ComplexFloatStorage"; then `type` says nothing
  std::int64_t item_size = 0;  ///< bytes
  std::string key;             ///< which block
  std::int64_t num_elements = 0;
};
/// A strided view of a storage; in elements, not bytes. Nothing is checked against the storage yet.
struct TensorRef {
  StorageRef const* storage = nullptr;  ///< the document's
  std::int64_t offset = 0;
  std::vector<std::int64_t> shape, strides;
};

using Data = std::variant<None, bool, std::int64_t, double, std::string, Bytes, Tuple, List, Dict, Global, Opaque, StorageRef, TensorRef>;

struct Value {
  Data data;
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

/// What the bytes read so far may have built. A list of None takes some 90 bytes a byte, a state dict 20.
inline constexpr std::size_t built_per_byte = 128;
inline constexpr std::size_t built_free = std::size_t{1} << 16, built_at_most = std::size_t{1} << 29;

/// Reads one pickle (protocols 0-5, the opcodes that data needs) from the front of `bytes`.
///
/// Understood: collections.OrderedDict, torch.Size, torch._utils._rebuild_{tensor,tensor_v2,parameter,parameter_with_state},
/// torch._tensor._rebuild_from_type_v2, and storages of element_types.
/// @throws Error(data) "`source`: byte N: ..." when truncated or malformed, or when so few bytes build more than built_per_byte of memory a
/// byte (or built_at_most), as one tuple that is copied again and again would.
Document read(std::string_view bytes, std::string const& source);

}  // namespace apq::checkpoint::pickle
