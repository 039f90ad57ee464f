#include "common/image/tar_archive.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/core/error.hpp"
#include "common/core/printable.hpp"

namespace apq::image {
namespace {

constexpr std::size_t block = 512;
constexpr std::uint64_t most_extension = 1 << 20;  // of a pax header or long name
using Header = std::array<char, block>;

// Octal digits, or base 256 where the top bit is set (GNU, for more than 8 GiB).
std::optional<std::uint64_t> number(char const* field, std::size_t width) {
  std::uint64_t value = 0;
  if ((static_cast<unsigned char>(field[0]) & 0x80) != 0) {
    for (std::size_t i = 0; i < width; ++i) {
      if (value >> 55 != 0) return std::nullopt;
      value = value << 8 | (static_cast<unsigned char>(field[i]) & (i == 0 ? 0x7f : 0xff));
    }
    return value;
  }
  std::size_t i = 0;
  while (i < width && field[i] == ' ') ++i;
  for (; i < width && field[i] != '\0' && field[i] != ' '; ++i) {
    if (field[i] < '0' || field[i] > '7' || value >> 60 != 0) return std::nullopt;
    value = value << 3 | static_cast<std::uint64_t>(field[i] - '0');
  }
  return value;
}

std::string field_text(char const* field, std::size_t width) { return {field, ::strnlen(field, width)}; }

bool checksum_fits(Header const& header) {
  auto const stored = number(header.data() + 148, 8);
  std::int64_t sum = 0, signed_sum = 0;  // old writers summed signed characters
  for (std::size_t i = 0; i < block; ++i) {
    char const c = i >= 148 && i < 156 ? ' ' : header[i];
    sum += static_cast<unsigned char>(c);
    signed_sum += static_cast<signed char>(c);
  }
  return stored && (static_cast<std::int64_t>(*stored) == sum || static_cast<std::int64_t>(*stored) == signed_sum);
}

std::string name_in(Header const& header) {
  auto name = field_text(header.data(), 100);
  if (std::memcmp(header.data() + 257, "ustar\0", 6) == 0 && header[345] != '\0') name = field_text(header.data() + 345, 155) + "/" + name;
  return name;
}

bool is_empty_block(Header const& header) {
  return std::all_of(header.begin(), header.end(), [](char c) { return c == '\0'; });
}

}  // namespace

// What an extended header says of the entry after it.
struct TarArchive::Extension {
  std::optional<std::string> path;
  std::optional<std::uint64_t> size;

  // "27 path=some/long/name\n" records of a pax header; false: it is damaged.
  bool take_pax(std::string const& text) {
    for (std::size_t at = 0; at < text.size() && text[at] != '\0';) {
      std::size_t length = 0;
      auto const [digits_end, error] = std::from_chars(text.data() + at, text.data() + text.size(), length);
      auto const head = static_cast<std::size_t>(digits_end - text.data()) + 1;
      if (error != std::errc() || length == 0 || length > text.size() - at || head >= at + length || text[at + length - 1] != '\n')
        return false;
      auto const record = std::string_view(text).substr(head, at + length - 1 - head);
      auto const equals = record.find('=');
      if (equals == std::string_view::npos) return false;
      auto const key = record.substr(0, equals), value = record.substr(equals + 1);
      if (key == "path") path = std::string(value);
      if (key == "size") {
        std::uint64_t stated = 0;
        auto const [end, bad] = std::from_chars(value.data(), value.data() + value.size(), stated);
        if (bad != std::errc() || end != value.data() + value.size()) return false;
        size = stated;
      }
      at += length;
    }
    return true;
  }
};

TarArchive::TarArchive(std::string path) : path_(std::move(path)), file_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
  struct stat info {};
  if (file_ < 0 || ::fstat(file_, &info) != 0 || !S_ISREG(info.st_mode)) {
    auto const reason = file_ < 0 ? std::strerror(errno) : "not a regular file";
    if (file_ >= 0) ::close(file_);
    throw Error(Errc::io, fmt::format("{}: cannot be opened ({})", printable(path_), reason));
  }
  size_ = static_cast<std::uint64_t>(info.st_size);
}

TarArchive::~TarArchive() { ::close(file_); }

void TarArchive::read(std::uint64_t offset, char* to, std::size_t count) const {
  while (count > 0) {
    auto const n = ::pread(file_, to, count, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Error(Errc::io, fmt::format("{}: cannot be read ({})", printable(path_), std::strerror(errno)));
    if (n == 0) fail(offset, "is truncated");
    to += n;
    count -= static_cast<std::size_t>(n);
    offset += static_cast<std::uint64_t>(n);
  }
}

std::string TarArchive::text(std::uint64_t offset, std::uint64_t bytes) const {
  if (offset > size_ || bytes > size_ - offset) fail(offset, "is truncated");
  std::string content(bytes, '\0');
  read(offset, content.data(), content.size());
  return content;
}

std::string TarArchive::name_before(std::uint64_t offset) const {
  Header header;
  if (offset < block) fail(offset, "has no header there");
  read(offset - block, header.data(), block);
  return name_in(header);
}

void TarArchive::fail(std::uint64_t offset, std::string const& problem) const {
  throw Error(Errc::data, fmt::format("{}: {} (at byte {})", printable(path_), problem, offset));
}

// A place in a compressed archive can be had only by unpacking all before it.
void TarArchive::require_plain() const {
  struct Packer {
    std::string_view magic;
    char const *name, *unpacker;
  };
  using namespace std::string_view_literals;
  auto const head = text(0, std::min<std::uint64_t>(size_, 6));
  for (auto const& packer : {Packer{"\x1f\x8b"sv, "gzip", "gunzip"}, Packer{"BZh"sv, "bzip2", "bunzip2"},
                             Packer{"\xfd\x37zXZ\0"sv, "xz", "unxz"}, Packer{"\x28\xb5\x2f\xfd"sv, "zstd", "unzstd"}})
    if (head.starts_with(packer.magic))
      throw Error(Errc::data, fmt::format("{}: is compressed ({}), so that its pictures cannot be read one by one; unpack it with {}",
                                          printable(path_), packer.name, packer.unpacker));
}

void TarArchive::extend(Extension& extension, char type, std::uint64_t at, std::uint64_t bytes) const {
  if (bytes > most_extension) fail(at, "has an extended header of more than 1 MiB");
  if (type == 'x') {
    if (!extension.take_pax(text(at + block, bytes))) fail(at, "has a damaged pax header");
  } else if (type == 'L') {
    auto const name = text(at + block, bytes);
    extension.path = field_text(name.data(), name.size());
  }
}

std::vector<TarMember> TarArchive::members() const {
  std::vector<TarMember> members;
  if (size_ == 0) throw Error(Errc::data, fmt::format("{}: is empty, no tar file", printable(path_)));
  require_plain();
  Extension extension;
  Header header;
  for (std::uint64_t at = 0;;) {
    if (at == size_ && at > 0) return members;  // without the two empty blocks, as some writers stop
    read(at, header.data(), block);
    if (is_empty_block(header)) return members;
    if (!checksum_fits(header)) fail(at, at == 0 ? "is not a tar file" : "has a damaged header");
    auto const type = header[156];
    auto stated = number(header.data() + 124, 12);
    bool const is_extension = type == 'x' || type == 'g' || type == 'L' || type == 'K';
    if (!is_extension && extension.size) stated = extension.size;
    if (!stated) fail(at, "has a damaged header");
    auto const name = is_extension ? std::string() : extension.path.value_or(name_in(header));
    bool const has_content = type < '1' || type > '6';  // else links, devices, folders, pipes
    auto const bytes = has_content ? *stated : 0;
    auto const content = at + block;
    if (bytes > size_ - content) fail(at, is_extension ? "is truncated" : fmt::format("is truncated within {}", printable(name)));
    if (is_extension) {
      extend(extension, type, at, bytes);
    } else {
      members.push_back({name, content, bytes, type == '0' || type == '\0' || type == '7', type == '1' || type == '2'});
      extension = {};
    }
    at = content + std::min((bytes + block - 1) / block * block, size_ - content);
  }
}

}  // namespace apq::image
