#include "common/checkpoint/zip_records.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <zlib.h>

#include "common/core/error.hpp"
#include "common/core/printable.hpp"

namespace apq::checkpoint {
namespace {

constexpr std::uint32_t in_64_bits = 0xffffffff;  // of a field that an extension holds
constexpr char const* damaged = "is no whole zip archive (cut short or damaged); copy or download it again";

/// The number at a byte, which must be there.
template <class T>
T number(std::string_view bytes, std::uint64_t at) {
  static_assert(std::endian::native == std::endian::little);
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

bool has(std::string_view content, std::uint64_t at, std::uint64_t size) { return at <= content.size() && size <= content.size() - at; }

/// Where the last record of an archive begins, which ends in a comment of up to 64 KiB; npos: nowhere.
std::size_t end_record(std::string_view content) {
  constexpr std::size_t size = 22, longest_comment = 0xffff;
  if (content.size() < size) return content.npos;
  auto const last = content.size() - size;
  auto const first = last - std::min(last, longest_comment);
  auto const found = content.substr(first).rfind("PK\5\6", last - first);
  return found == content.npos ? found : first + found;
}

/// Sizes and place of a record, with those of its extension where they need 64 bits.
struct Extent {
  std::uint64_t size = 0, packed_size = 0, header = 0;
};
Extent extent_of(std::string_view entry, std::string_view extensions) {
  Extent extent{number<std::uint32_t>(entry, 24), number<std::uint32_t>(entry, 20), number<std::uint32_t>(entry, 42)};
  while (extensions.size() >= 4) {
    auto const kind = number<std::uint16_t>(extensions, 0);
    auto body = extensions.substr(4, number<std::uint16_t>(extensions, 2));
    extensions.remove_prefix(4 + body.size());
    if (kind != 1) continue;
    for (auto* field : {&extent.size, &extent.packed_size, &extent.header})
      if (*field == in_64_bits && body.size() >= 8) {
        *field = number<std::uint64_t>(body, 0);
        body.remove_prefix(8);
      }
  }
  return extent;
}

}  // namespace

ZipRecords::ZipRecords(std::string_view content, std::string source) : source_(std::move(source)) {
  auto const end = end_record(content);
  if (end == content.npos) fail(damaged);
  std::uint64_t count = number<std::uint16_t>(content, end + 10), size = number<std::uint32_t>(content, end + 12),
                first = number<std::uint32_t>(content, end + 16);
  if (end >= 20 && content.substr(end - 20, 4) == "PK\6\7") {
    auto const at = number<std::uint64_t>(content, end - 20 + 8);
    if (!has(content, at, 56) || content.substr(at, 4) != "PK\6\6") fail(damaged);
    count = number<std::uint64_t>(content, at + 32);
    size = number<std::uint64_t>(content, at + 40);
    first = number<std::uint64_t>(content, at + 48);
  }
  if (!has(content, first, size)) fail(damaged);
  read_directory(content, first, first + size, count);
  require_apart();
  if (auto const object = records_.find("data.pkl"); object != records_.end()) {
    auto const& bytes = object->second.bytes;
    has_checksums_ = crc32_z(0, reinterpret_cast<Bytef const*>(bytes.data()), bytes.size()) == object->second.checksum;
  }
}

void ZipRecords::read_directory(std::string_view content, std::uint64_t first, std::uint64_t end, std::uint64_t count) {
  std::optional<std::string> folder;  // of the first record, as PyTorch has it
  for (auto at = first; count > 0; --count) {
    if (end - at < 46 || content.substr(at, 4) != "PK\1\2") fail(damaged);
    auto const entry = content.substr(at, 46);
    std::uint64_t const name_size = number<std::uint16_t>(entry, 28), extensions_size = number<std::uint16_t>(entry, 30),
                        comment_size = number<std::uint16_t>(entry, 32);
    if (end - at - 46 < name_size + extensions_size + comment_size) fail(damaged);
    auto name = content.substr(at + 46, name_size);
    auto const extent = extent_of(entry, content.substr(at + 46 + name_size, extensions_size));
    if (!has(content, extent.header, 30) || content.substr(extent.header, 4) != "PK\3\4") fail(damaged);
    auto const data =
        extent.header + 30 + number<std::uint16_t>(content, extent.header + 26) + number<std::uint16_t>(content, extent.header + 28);
    if (!has(content, data, extent.packed_size))
      fail(fmt::format("record {} has {} bytes, which reach beyond the file's end", name, extent.packed_size));
    Record record{content.substr(data, extent.packed_size), number<std::uint32_t>(entry, 16)};
    record.is_encrypted = (number<std::uint16_t>(entry, 8) & 1U) != 0;
    record.is_compressed = number<std::uint16_t>(entry, 10) != 0 || extent.size != extent.packed_size;
    if (!folder) folder = name.substr(0, name.find('/') + 1);
    if (name.starts_with(*folder)) name.remove_prefix(folder->size());
    if (!records_.emplace(name, record).second) fail(fmt::format("record {} is there twice", name));
    at += 46 + name_size + extensions_size + comment_size;
  }
}

void ZipRecords::require_apart() const {
  std::vector<std::pair<char const*, std::string const*>> by_place;
  for (auto const& [name, record] : records_)
    if (!record.bytes.empty()) by_place.emplace_back(record.bytes.data(), &name);
  std::sort(by_place.begin(), by_place.end());
  for (std::size_t i = 0; i + 1 < by_place.size(); ++i)
    if (auto const size = records_.find(*by_place[i].second)->second.bytes.size(); by_place[i].first + size > by_place[i + 1].first)
      fail(fmt::format("records {} and {} lie over each other", *by_place[i].second, *by_place[i + 1].second));
}

std::optional<std::string_view> ZipRecords::find(std::string const& name) {
  auto const found = records_.find(name);
  if (found == records_.end()) return std::nullopt;
  auto& record = found->second;
  if (record.is_encrypted) fail(fmt::format("record {} is encrypted; save the weights again with torch.save", name));
  if (record.is_compressed)
    fail(fmt::format("record {} is compressed, which torch.save never does; unpack the archive and pack it with zip -0, or save it again",
                     name));
  if (has_checksums_ && !record.is_checked) {
    auto const checksum = crc32_z(0, reinterpret_cast<Bytef const*>(record.bytes.data()), record.bytes.size());
    if (checksum != record.checksum) fail(fmt::format("record {} is damaged (wrong checksum); copy or download the file again", name));
    record.is_checked = true;
  }
  return record.bytes;
}

void ZipRecords::fail(std::string const& problem) const { throw Error(Errc::data, fmt::format("{}: {}", source_, printable(problem))); }

}  // namespace apq::checkpoint
