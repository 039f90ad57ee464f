#include "common/checkpoint/state_dict.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <ATen/ATen.h>
#include <caffe2/serialize/inline_container.h>

#include "common/checkpoint/pickle_reader.hpp"
#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"

namespace apq::checkpoint {
namespace fs = std::filesystem;
namespace {

struct StorageType {
  char const* name;
  at::ScalarType type;
};
constexpr std::array storage_types{StorageType{"DoubleStorage", at::kDouble}, StorageType{"FloatStorage", at::kFloat},
                                   StorageType{"HalfStorage", at::kHalf},     StorageType{"BFloat16Storage", at::kBFloat16},
                                   StorageType{"LongStorage", at::kLong},     StorageType{"IntStorage", at::kInt},
                                   StorageType{"ShortStorage", at::kShort},   StorageType{"CharStorage", at::kChar},
                                   StorageType{"ByteStorage", at::kByte},     StorageType{"BoolStorage", at::kBool}};

at::ScalarType scalar_type(std::string const& storage) {
  for (auto const& [name, type] : storage_types)
    if (storage == name) return type;
  throw Error(Errc::internal, fmt::format("state_dict: no type for {}", storage));
}

/// The bytes of a storage by its key; they outlive the tensors' copying.
using StorageBytes = std::function<std::string_view(pickle::StorageRef const&)>;

/// What the tensors of one file may still claim. Tensors can share a storage, and each becomes a
/// copy: without a limit a small file could ask for any amount.
struct MemoryAllowance {
  std::uintmax_t bytes;
  /// Sharing makes a sound file's tensors larger than the file, though not by this much.
  explicit MemoryAllowance(std::size_t size) : bytes((std::uintmax_t{1} << 20) + 8 * std::uintmax_t{size}) {}
};

at::Tensor build_tensor(pickle::TensorRef const& ref, StorageBytes const& bytes_of, MemoryAllowance& allowance, std::string const& where) {
  auto const type = scalar_type(ref.storage.type);
  auto const item_size = static_cast<std::int64_t>(c10::elementSize(type));
  std::int64_t const size = ref.storage.num_elements;
  auto refuse = [&](std::string const& problem) -> void { throw Error(Errc::data, fmt::format("{}: {}", where, problem)); };

  auto const bytes = bytes_of(ref.storage);
  if (size < 0 || size > static_cast<std::int64_t>(bytes.size()) / item_size)
    refuse(fmt::format("its storage of {} elements has only {} bytes", size, bytes.size()));
  if (ref.shape.size() != ref.strides.size() || ref.shape.size() > 16)
    refuse(fmt::format("shape [{}] and strides [{}] do not fit each other", fmt::join(ref.shape, ", "), fmt::join(ref.strides, ", ")));
  // In elements; 128 bits, for a hostile file's shapes may overflow 64.
  __int128 num_elements = 1, last = ref.offset;
  for (std::size_t i = 0; i < ref.shape.size(); ++i) {
    if (ref.shape[i] < 0 || ref.strides[i] < 0) refuse("negative shape or stride");
    num_elements = std::min<__int128>(num_elements * ref.shape[i], std::int64_t{1} << 62);
    last += static_cast<__int128>(std::max<std::int64_t>(ref.shape[i] - 1, 0)) * ref.strides[i];
  }
  bool const is_empty = num_elements == 0;
  if (ref.offset < 0 || num_elements > size || (!is_empty && last >= size))
    refuse(fmt::format("shape [{}] with strides [{}] at offset {} reaches beyond its storage of {} elements", fmt::join(ref.shape, ", "),
                       fmt::join(ref.strides, ", "), ref.offset, size));
  if (is_empty) return at::empty(ref.shape, at::TensorOptions().dtype(type));
  // A copy of the part in use first: records need not be aligned to the element size.
  auto const used = static_cast<std::int64_t>(last) - ref.offset + 1;
  auto const used_bytes = static_cast<std::size_t>(used * item_size);
  if (used_bytes > allowance.bytes) refuse("claims more data than the file can hold");
  allowance.bytes -= used_bytes;
  auto storage = at::empty({used}, at::TensorOptions().dtype(type));
  std::memcpy(storage.data_ptr(), bytes.data() + ref.offset * item_size, used_bytes);
  return storage.as_strided(ref.shape, ref.strides, 0).clone(at::MemoryFormat::Contiguous);
}

StateDict build(pickle::Value const* root, StorageBytes const& bytes_of, std::size_t size, std::string const& file) {
  auto const* dict = root->as<pickle::Dict>();
  if (dict)
    if (auto const* inner = dict->find("state_dict")) dict = inner->as<pickle::Dict>();
  if (!dict) throw Error(Errc::data, fmt::format("{}: holds no state dict; save one with torch.save(net.state_dict(), file)", file));
  StateDict result;
  MemoryAllowance allowance(size);
  for (auto const& [key, value] : dict->items) {
    auto const* name = key->as<std::string>();
    if (!name) throw Error(Errc::data, fmt::format("{}: a key of the state dict is not a string", file));
    auto const* tensor = value->as<pickle::TensorRef>();
    if (!tensor)
      throw Error(Errc::data, fmt::format("{}: {} is not a tensor; a state dict or {{'state_dict': ...}} is needed", file, *name));
    result[*name] = build_tensor(*tensor, bytes_of, allowance, fmt::format("{}: {}", file, *name));
  }
  return result;
}

/// A file's content for LibTorch's reader of zips, which would seek and read by the record.
class ContentAdapter : public caffe2::serialize::ReadAdapterInterface {
 public:
  explicit ContentAdapter(std::string_view content) : content_(content) {}
  std::size_t size() const override { return content_.size(); }
  std::size_t read(std::uint64_t position, void* to, std::size_t n, char const*) const override {
    if (position >= content_.size()) return 0;
    return content_.copy(static_cast<char*>(to), n, position);
  }

 private:
  std::string_view content_;
};

/// PyTorch >= 1.6: a zip with the pickle in data.pkl and one record per storage.
StateDict parse_zip(std::string_view content, std::string const& file) {
  caffe2::serialize::PyTorchStreamReader reader(std::make_shared<ContentAdapter>(content));
  auto const record = [&](std::string const& name) {
    if (!reader.hasRecord(name)) throw Error(Errc::data, fmt::format("{}: record {} is missing", file, name));
    return reader.getRecord(name);
  };
  auto const view = [](std::tuple<at::DataPtr, std::size_t> const& content) {
    return std::string_view(static_cast<char const*>(std::get<0>(content).get()), std::get<1>(content));
  };
  if (reader.hasRecord("byteorder"))
    if (auto const order = reader.getRecord("byteorder"); view(order) != "little")
      throw Error(Errc::data, fmt::format("{}: saved on a {}-endian machine; save it again on a little-endian one", file, view(order)));
  auto const text = record("data.pkl");
  auto const document = pickle::read(view(text), file + ": data.pkl");
  std::map<std::string, std::tuple<at::DataPtr, std::size_t>> records;
  return build(
      document.root,
      [&](pickle::StorageRef const& storage) {
        auto found = records.find(storage.key);
        if (found == records.end()) found = records.emplace(storage.key, record("data/" + storage.key)).first;
        return view(found->second);
      },
      content.size(), file);
}

/// PyTorch < 1.6: pickles of a magic number, a protocol number, the machine, the object, the list
/// of storage keys; then per key the number of elements (int64) and the values.
StateDict parse_legacy(std::string_view content, std::string const& file) {
  constexpr std::string_view magic{"\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10};  // 0x1950a86a20f9469cfc6c
  auto rest = content;
  auto next = [&] {
    auto document = pickle::read(rest, file);
    rest.remove_prefix(document.size);
    return document;
  };
  std::string const not_ours = fmt::format("{}: not a file of torch.save", file);
  if (content.size() < 2 || content[0] != '\x80') throw Error(Errc::data, not_ours);
  auto const first = next();
  if (auto const* number = first.root->as<pickle::Bytes>(); !number || number->data != magic) throw Error(Errc::data, not_ours);
  next();
  next();
  auto const object = next();
  auto const keys = next();

  // The element size is known only from the tensors that use the storage.
  std::map<std::string, std::int64_t> item_size;
  for (auto const& value : object.values)
    if (auto const* storage = value.as<pickle::StorageRef>())
      item_size[storage->key] = static_cast<std::int64_t>(c10::elementSize(scalar_type(storage->type)));
  std::map<std::string, std::string_view> storages;
  auto const* list = keys.root->as<pickle::List>();
  if (!list) throw Error(Errc::data, fmt::format("{}: the list of storages is missing", file));
  for (auto const* item : list->items) {
    auto const* key = item->as<std::string>();
    if (!key || !item_size.contains(*key)) throw Error(Errc::data, fmt::format("{}: a storage that no tensor uses", file));
    std::int64_t size = -1;
    if (rest.size() >= sizeof size) std::memcpy(&size, rest.data(), sizeof size);
    if (size < 0 || size > static_cast<std::int64_t>(rest.size() - sizeof size) / item_size[*key])
      throw Error(Errc::data, fmt::format("{}: cut short in storage {}", file, *key));
    rest.remove_prefix(sizeof size);
    storages[*key] = rest.substr(0, static_cast<std::size_t>(size * item_size[*key]));
    rest.remove_prefix(storages[*key].size());
  }
  return build(
      object.root,
      [&](pickle::StorageRef const& storage) {
        auto const found = storages.find(storage.key);
        if (found == storages.end()) throw Error(Errc::data, fmt::format("{}: storage {} is missing", file, storage.key));
        return found->second;
      },
      content.size(), file);
}

/// Pickle protocol 2 of collections.OrderedDict([(name, tensor), ...]), as torch.save writes it,
/// without a memo.
class PickleWriter {
 public:
  void text(std::string_view opcodes) { out_ += opcodes; }
  void string(std::string_view value) {
    out_ += 'X';
    raw(static_cast<std::uint32_t>(value.size()));
    out_ += value;
  }
  void integer(std::int64_t value) {
    out_ += "\x8a\x08";  // LONG1 of 8 bytes
    raw(value);
  }
  void integers(at::IntArrayRef values) {
    out_ += '(';
    for (auto const value : values) integer(value);
    out_ += 't';
  }
  std::string const& str() const { return out_; }

 private:
  template <class T>
  void raw(T value) {
    out_.append(reinterpret_cast<char const*>(&value), sizeof value);
  }
  std::string out_;
};

}  // namespace

StateDict parse_state_dict(std::string_view content, std::string const& name) {
  try {
    return content.starts_with("PK") ? parse_zip(content, name) : parse_legacy(content, name);
  } catch (c10::Error const& error) {
    std::string const text = error.what_without_backtrace();
    throw Error(Errc::data, fmt::format("{}: {}", name, text.substr(0, text.find('\n'))));
  } catch (std::bad_alloc const&) {
    throw Error(Errc::data, fmt::format("{}: claims more data than this machine has memory", name));
  }
}

StateDict load_state_dict(fs::path const& file) { return parse_state_dict(read_file(file), file.string()); }

void save_state_dict(fs::path const& file, StateDict const& dict, DictLayout layout) {
  PickleWriter pickle;
  std::vector<at::Tensor> tensors;
  pickle.text("\x80\x02");
  if (layout == DictLayout::wrapped) {
    pickle.text("}");
    pickle.string("state_dict");
  }
  pickle.text("ccollections\nOrderedDict\n)R(");
  for (auto const& [name, tensor] : dict) {
    auto const values = tensor.detach().to(at::kCPU).contiguous();
    auto const* type = std::find_if(storage_types.begin(), storage_types.end(),
                                    [&](StorageType const& known) { return known.type == values.scalar_type(); });
    if (type == storage_types.end())
      throw Error(Errc::data,
                  fmt::format("{}: {} has type {}, which cannot be saved", file.string(), name, c10::toString(values.scalar_type())));
    pickle.string(name);
    pickle.text("ctorch._utils\n_rebuild_tensor_v2\n((");
    pickle.string("storage");
    pickle.text(fmt::format("ctorch\n{}\n", type->name));
    pickle.string(std::to_string(tensors.size()));
    pickle.string("cpu");
    pickle.integer(values.numel());
    pickle.text("tQ");
    pickle.integer(0);
    pickle.integers(values.sizes());
    pickle.integers(values.strides());
    pickle.text(
        "\x89"
        "ccollections\nOrderedDict\n)RtR");
    tensors.push_back(values);
  }
  pickle.text(layout == DictLayout::wrapped ? "us." : "u.");

  // Through memory: the writer's destructor throws when the disk is full.
  std::string archive;
  caffe2::serialize::PyTorchStreamWriter writer([&](void const* data, std::size_t size) {
    archive.append(static_cast<char const*>(data), size);
    return size;
  });
  writer.writeRecord("data.pkl", pickle.str().data(), pickle.str().size());
  for (std::size_t i = 0; i < tensors.size(); ++i)
    writer.writeRecord("data/" + std::to_string(i), tensors[i].data_ptr(), tensors[i].nbytes());
  writer.writeEndOfFile();
  replace_file(file, archive);
}

void require_match(Shapes const& expected, StateDict const& dict, std::string const& source) {
  std::vector<std::string> missing, unexpected, misshaped;
  for (auto const& [name, shape] : expected) {
    auto const found = dict.find(name);
    if (found == dict.end()) missing.push_back(name);
    else if (found->second.sizes().vec() != shape)
      misshaped.push_back(fmt::format("{} [{}], not [{}]", name, fmt::join(found->second.sizes().vec(), ", "), fmt::join(shape, ", ")));
  }
  for (auto const& [name, tensor] : dict)
    if (!expected.contains(name)) unexpected.push_back(name);
  std::vector<std::string> problems;
  auto list = [&](char const* kind, std::vector<std::string> const& names) {
    if (names.empty()) return;
    problems.push_back(fmt::format("{} {}: {}", names.size(), kind, fmt::join(names, ", ")));
  };
  list("missing", missing);
  list("unexpected", unexpected);
  list("mis-shaped", misshaped);
  if (!problems.empty())
    throw Error(Errc::data, fmt::format("{}: keys do not match this space and network; {}", source, fmt::join(problems, "; ")));
}

}  // namespace apq::checkpoint
