#include "common/checkpoint/torch_file.hpp"

#include <cstring>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "common/checkpoint/zip_records.hpp"
#include "common/core/error.hpp"
#include "common/core/printable.hpp"

namespace apq::checkpoint {
namespace {

constexpr std::string_view magic{"\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10};  // 0x1950a86a20f9469cfc6c, pickled by any protocol

std::string shown(std::string const& key) { return printable(key.substr(0, 100)); }

}  // namespace

bool is_torch_zip(std::string_view content) { return content.starts_with("PK"); }
bool is_torch_legacy(std::string_view content) { return content.starts_with('\x80') && content.substr(0, 32).find(magic) != content.npos; }

TorchFile read_torch_zip(std::string_view content, std::string const& source) {
  auto const records = std::make_shared<ZipRecords>(content, source);
  if (auto const order = records->find("byteorder"); order && *order != "little")
    throw Error(Errc::data, fmt::format("{}: saved on a {}-endian machine; save it again on a little-endian one", source,
                                        printable(order->substr(0, 20))));
  auto const object = records->find("data.pkl");
  if (!object) throw Error(Errc::data, fmt::format("{}: is a zip archive without data.pkl, which torch.save writes", source));
  return {"torch.save (zip)", pickle::read(*object, source + ": data.pkl"), [records, source](pickle::StorageRef const& storage) {
            auto const bytes = records->find("data/" + storage.key);
            if (!bytes) throw Error(Errc::data, fmt::format("{}: record data/{} is missing", source, shown(storage.key)));
            return *bytes;
          }};
}

TorchFile read_torch_legacy(std::string_view content, std::string const& source) {
  auto rest = content;
  auto next = [&] {
    auto document = pickle::read(rest, source);
    rest.remove_prefix(document.size);
    return document;
  };
  for (int i = 0; i < 3; ++i) next();  // magic number, protocol, machine
  auto object = next();
  auto const keys = next();

  // The element size is known only from the tensors that use the storage.
  std::map<std::string, std::int64_t> item_size;
  for (auto const& value : object.values)
    if (auto const* storage = value.as<pickle::StorageRef>()) item_size[storage->key] = storage->item_size;
  std::map<std::string, std::string_view> storages;
  auto const* list = keys.root->as<pickle::List>();
  if (!list) throw Error(Errc::data, fmt::format("{}: the list of storages is missing", source));
  for (auto const* item : list->items) {
    auto const* key = item->as<std::string>();
    if (!key || !item_size.contains(*key)) break;  // of a type that is not read, so that nobody knows where the next one begins
    std::int64_t size = -1;
    if (rest.size() >= sizeof size) std::memcpy(&size, rest.data(), sizeof size);
    if (size < 0 || size > static_cast<std::int64_t>(rest.size() - sizeof size) / item_size[*key])
      throw Error(Errc::data, fmt::format("{}: cut short in storage {}", source, shown(*key)));
    rest.remove_prefix(sizeof size);
    storages[*key] = rest.substr(0, static_cast<std::size_t>(size * item_size[*key]));
    rest.remove_prefix(storages[*key].size());
  }
  return {"torch.save (before PyTorch 1.6)", std::move(object), [storages, source](pickle::StorageRef const& storage) {
            auto const found = storages.find(storage.key);
            if (found == storages.end())
              throw Error(Errc::data,
                          fmt::format("{}: storage {} is missing, or behind one of a type that is not read", source, shown(storage.key)));
            return found->second;
          }};
}

}  // namespace apq::checkpoint
