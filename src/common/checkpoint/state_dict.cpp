#include "common/checkpoint/state_dict.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <ATen/ATen.h>
#include <caffe2/serialize/inline_container.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "common/core/printable.hpp"

namespace apq::checkpoint {
namespace fs = std::filesystem;
namespace {

constexpr std::array scalar_types{at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong,
                                  at::kInt,    at::kShort, at::kChar, at::kByte,     at::kBool};  // in the order of ElementType
static_assert(scalar_types.size() == element_types.size());

at::ScalarType scalar_type(ElementType type) { return scalar_types[static_cast<std::size_t>(type)]; }

/// What the tensors of one file may still claim. Tensors can share a storage, and each becomes a
/// copy: without a limit a small file could ask for any amount.
struct MemoryAllowance {
  std::uintmax_t bytes;
  /// Sharing makes a sound file's tensors larger than the file, though not by this much.
  explicit MemoryAllowance(std::size_t size) : bytes((std::uintmax_t{1} << 20) + 8 * std::uintmax_t{size}) {}
};

at::Tensor build_tensor(StoredTensor const& stored, MemoryAllowance& allowance, std::string const& where) {
  auto const [num_elements, used] = extent_of(stored, where);
  auto const options = at::TensorOptions().dtype(scalar_type(stored.type));
  if (num_elements == 0) return at::empty(stored.shape, options);
  auto const item_size = row_of(stored.type).size;
  auto const bytes = static_cast<std::uintmax_t>(std::max(num_elements, used) * item_size);
  if (bytes > allowance.bytes) throw Error(Errc::data, fmt::format("{}: claims more data than the file can hold", where));
  allowance.bytes -= bytes;
  // A copy of the part in use first: records need not be aligned to the element size.
  auto part = at::empty({used}, options);
  std::memcpy(part.data_ptr(), stored.storage.data() + stored.offset * item_size, static_cast<std::size_t>(used * item_size));
  return part.as_strided(stored.shape, stored.strides, 0).clone(at::MemoryFormat::Contiguous);
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

StateDict tensors_of(WeightFile const& file, std::string const& name) try {
  StateDict result;
  MemoryAllowance allowance(file.size);
  for (auto const& stored : file.tensors)
    result[stored.name] = build_tensor(stored, allowance, fmt::format("{}: {}", name, printable(stored.name)));
  return result;
} catch (c10::Error const& error) {
  std::string const text = error.what_without_backtrace();
  throw Error(Errc::data, fmt::format("{}: {}", name, text.substr(0, text.find('\n'))));
} catch (std::bad_alloc const&) {
  throw Error(Errc::data, fmt::format("{}: claims more data than this machine has memory", name));
}

StateDict parse_state_dict(std::string_view content, std::string const& name) { return tensors_of(read_weight_file(content, name), name); }

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
    auto const* const type = std::find(scalar_types.begin(), scalar_types.end(), values.scalar_type());
    if (type == scalar_types.end())
      throw Error(Errc::data,
                  fmt::format("{}: {} has type {}, which cannot be saved", file.string(), name, c10::toString(values.scalar_type())));
    pickle.string(name);
    pickle.text("ctorch._utils\n_rebuild_tensor_v2\n((");
    pickle.string("storage");
    pickle.text(fmt::format("ctorch\n{}\n", element_types[static_cast<std::size_t>(type - scalar_types.begin())].storage));
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
