#include "common/checkpoint/pickle_calls.hpp"

#include <optional>
#include <utility>

namespace apq::checkpoint::pickle {
namespace {

/// Storages whose tensors are not read; what lies behind them in a file can be.
struct UnreadStorage {
  std::string_view name;
  std::int64_t size;
};
constexpr UnreadStorage unread_storages[] = {{"ComplexFloatStorage", 8}, {"ComplexDoubleStorage", 16}, {"QInt8Storage", 1},
                                             {"QUInt8Storage", 1},       {"QInt32Storage", 4},         {"QUInt4x2Storage", 1},
                                             {"QUInt2x4Storage", 1},     {"UntypedStorage", 1}};

Opaque opaque(std::string_view name) { return {std::string(name.substr(0, max_opaque_name))}; }

/// A storage of "torch.FloatStorage", "torch.cuda.FloatStorage" and the like, without its place.
std::optional<StorageRef> storage_of_type(std::string_view name) {
  for (std::string_view prefix : {"torch.cuda.", "torch.storage.", "torch."}) {
    if (!name.starts_with(prefix)) continue;
    auto const type = name.substr(prefix.size());
    for (auto const& row : element_types)
      if (row.storage == type) return StorageRef{row.type, {}, row.size, {}, 0};
    for (auto const& unread : unread_storages)
      if (unread.name == type) return StorageRef{{}, unread.name, unread.size, {}, 0};
  }
  return std::nullopt;
}

std::vector<std::int64_t> integers(Value const* value) {
  std::vector<std::int64_t> result;
  for (auto const* item : expect<Tuple>(value, "a tuple").items) result.push_back(expect<std::int64_t>(item, "an integer"));
  return result;
}

Dict ordered_dict(Items const& arguments) {
  Dict dict;
  if (arguments.size() > 1) throw Malformed("too many arguments of OrderedDict");
  if (arguments.empty()) return dict;
  for (auto const* pair : expect<List>(arguments[0], "a list").items) {
    auto const* const tuple = pair->as<Tuple>();
    auto const& items = tuple ? tuple->items : expect<List>(pair, "a pair").items;
    if (items.size() != 2) throw Malformed("a pair expected");
    dict.items.emplace_back(items[0], items[1]);
  }
  return dict;
}

/// (storage, offset, shape, strides, ...); of a storage that nobody reads, as opaque as that.
Data tensor(Items const& arguments) {
  if (arguments.size() < 4) throw Malformed("a tensor lacks its storage, offset, shape or strides");
  if (auto const* unread = arguments[0]->as<Opaque>()) return *unread;
  auto const& storage = expect<StorageRef>(arguments[0], "a storage");
  if (!storage.unread.empty()) return opaque("torch." + std::string(storage.unread));
  return TensorRef{&storage, expect<std::int64_t>(arguments[1], "an integer"), integers(arguments[2]), integers(arguments[3])};
}

/// (tensor, ...)
Data parameter(Items const& arguments) {
  if (arguments.empty()) throw Malformed("a parameter lacks its tensor");
  if (auto const* unread = arguments[0]->as<Opaque>()) return *unread;
  return TensorRef{expect<TensorRef>(arguments[0], "a tensor")};
}

Data result_of_known(std::string const& name, Items const& arguments) {
  if (name == "collections.OrderedDict") return ordered_dict(arguments);
  if (name == "torch.Size") {
    if (arguments.size() != 1) throw Malformed("torch.Size takes one argument");
    return Tuple{expect<Tuple>(arguments[0], "a tuple").items};
  }
  if (name == "torch._utils._rebuild_tensor" || name == "torch._utils._rebuild_tensor_v2") return tensor(arguments);
  if (name == "torch._utils._rebuild_parameter" || name == "torch._utils._rebuild_parameter_with_state") return parameter(arguments);
  return opaque(name);
}

}  // namespace

Data result_of(Value const* callable, Items const& arguments) {
  if (auto const* unread = callable->as<Opaque>()) return *unread;
  auto const& name = expect<Global>(callable, "a function").name;
  // (function, class, its arguments, attributes): a tensor that carries attributes, or of a class of its own
  if (name == "torch._tensor._rebuild_from_type_v2" && arguments.size() == 4)
    if (auto const* const function = arguments[0]->as<Global>())
      return result_of_known(function->name, expect<Tuple>(arguments[2], "a tuple").items);
  // copyreg._reconstructor(class, base, state), copyreg.__newobj__(class, ...): the class says more
  if ((name.starts_with("copyreg.") || name.starts_with("copy_reg.")) && !arguments.empty())
    if (auto const* const type = arguments[0]->as<Global>()) return opaque(type->name);
  return result_of_known(name, arguments);
}

Data stored_elsewhere(Value const* id) {
  auto const& items = expect<Tuple>(id, "a tuple").items;
  if (items.size() >= 2)  // ('module', class, file, source)
    if (auto const* const kind = items[0]->as<std::string>(); kind && *kind == "module")
      return Global{expect<Global>(items[1], "a class").name};
  // ('storage', type, key, location, number of elements[, view]); the location (cpu, cuda:0) does not matter to us
  if (items.size() < 5 || expect<std::string>(items[0], "a string") != "storage") throw Malformed("a persistent id that is no storage");
  if (items.size() > 5 && !items[5]->as<None>()) throw Malformed("a storage that is a view of another one (not supported)");
  auto const& type = expect<Global>(items[1], "a storage type").name;
  auto storage = storage_of_type(type);
  if (!storage) return opaque(type);
  storage->key = expect<std::string>(items[2], "a string");
  storage->num_elements = expect<std::int64_t>(items[4], "an integer");
  return std::move(*storage);
}

std::size_t size_of(Data const& data) {
  struct Payload {
    std::size_t operator()(std::string const& text) const { return text.size(); }
    std::size_t operator()(Bytes const& bytes) const { return bytes.data.size(); }
    std::size_t operator()(Tuple const& tuple) const { return tuple.items.size() * sizeof tuple.items[0]; }
    std::size_t operator()(List const& list) const { return list.items.size() * sizeof list.items[0]; }
    std::size_t operator()(Dict const& dict) const { return dict.items.size() * sizeof dict.items[0]; }
    std::size_t operator()(Global const& global) const { return global.name.size(); }
    std::size_t operator()(Opaque const& value) const { return value.name.size(); }
    std::size_t operator()(StorageRef const& storage) const { return storage.key.size(); }
    std::size_t operator()(TensorRef const& view) const { return (view.shape.size() + view.strides.size()) * sizeof(std::int64_t); }
    std::size_t operator()(None) const { return 0; }
    std::size_t operator()(bool) const { return 0; }
    std::size_t operator()(std::int64_t) const { return 0; }
    std::size_t operator()(double) const { return 0; }
  };
  return sizeof(Value) + std::visit(Payload{}, data);
}

}  // namespace apq::checkpoint::pickle
