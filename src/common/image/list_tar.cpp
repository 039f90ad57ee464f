#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <limits>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/core/error.hpp"
#include "common/core/stop_request.hpp"
#include "common/image/encoded_files.hpp"
#include "common/image/listing.hpp"

namespace apq::image {
namespace fs = std::filesystem;

// An own reader: libarchive reads a shard from end to end, while all that is wanted here are headers and labels; the images are read
// later, by other ranks, at the offsets found now.
namespace {

constexpr std::size_t block = 512;
constexpr std::uint64_t most_extension = 1 << 20;  // of a pax header or long name

class Shard {
 public:
  explicit Shard(std::string path) : path_(std::move(path)), file_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat info {};
    if (file_ < 0 || ::fstat(file_, &info) != 0 || !S_ISREG(info.st_mode)) {
      auto const reason = file_ < 0 ? std::strerror(errno) : "not a regular file";
      if (file_ >= 0) ::close(file_);
      throw Error(Errc::io, fmt::format("{}: cannot be opened ({})", path_, reason));
    }
    size_ = static_cast<std::uint64_t>(info.st_size);
  }
  ~Shard() { ::close(file_); }
  Shard(Shard const&) = delete;
  Shard& operator=(Shard const&) = delete;

  std::string const& path() const { return path_; }
  std::uint64_t size() const { return size_; }

  void read(std::uint64_t offset, char* to, std::size_t count) const {
    while (count > 0) {
      auto const n = ::pread(file_, to, count, static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw Error(Errc::io, fmt::format("{}: cannot be read ({})", path_, std::strerror(errno)));
      if (n == 0) fail(offset, "is truncated");
      to += n;
      count -= static_cast<std::size_t>(n);
      offset += static_cast<std::uint64_t>(n);
    }
  }
  std::string text(std::uint64_t offset, std::uint64_t bytes) const {
    std::string content(bytes, '\0');
    read(offset, content.data(), content.size());
    return content;
  }
  [[noreturn]] void fail(std::uint64_t offset, std::string const& problem) const {
    throw Error(Errc::data, fmt::format("{}: {} (at byte {})", path_, problem, offset));
  }

 private:
  std::string path_;
  int file_;
  std::uint64_t size_ = 0;
};

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

bool checksum_fits(std::array<char, block> const& header) {
  auto const stored = number(header.data() + 148, 8);
  std::int64_t sum = 0, signed_sum = 0;  // old writers summed signed characters
  for (std::size_t i = 0; i < block; ++i) {
    char const c = i >= 148 && i < 156 ? ' ' : header[i];
    sum += static_cast<unsigned char>(c);
    signed_sum += static_cast<signed char>(c);
  }
  return stored && (static_cast<std::int64_t>(*stored) == sum || static_cast<std::int64_t>(*stored) == signed_sum);
}

struct Member {
  std::string name;
  std::uint64_t offset, bytes;
  bool is_file;
};

// "27 path=some/long/name\n" records of a pax header.
struct Extension {
  std::optional<std::string> path;
  std::optional<std::uint64_t> size;
};
Extension parse_pax(Shard const& shard, std::uint64_t offset, std::string const& text) {
  Extension extension;
  for (std::size_t at = 0; at < text.size() && text[at] != '\0';) {
    std::size_t length = 0;
    auto const [digits_end, error] = std::from_chars(text.data() + at, text.data() + text.size(), length);
    auto const head = static_cast<std::size_t>(digits_end - text.data()) + 1;
    if (error != std::errc() || length == 0 || length > text.size() - at || head >= at + length || text[at + length - 1] != '\n')
      shard.fail(offset, "has a damaged pax header");
    auto const record = std::string_view(text).substr(head, at + length - 1 - head);
    auto const equals = record.find('=');
    if (equals == std::string_view::npos) shard.fail(offset, "has a damaged pax header");
    auto const key = record.substr(0, equals), value = record.substr(equals + 1);
    if (key == "path") extension.path = std::string(value);
    if (key == "size") {
      std::uint64_t size = 0;
      auto const [end, bad] = std::from_chars(value.data(), value.data() + value.size(), size);
      if (bad != std::errc() || end != value.data() + value.size()) shard.fail(offset, "has a damaged pax header");
      extension.size = size;
    }
    at += length;
  }
  return extension;
}

std::vector<Member> members_of(Shard const& shard) {
  std::vector<Member> members;
  Extension extension;
  std::array<char, block> header;
  for (std::uint64_t at = 0;;) {
    if (at == shard.size() && at > 0) return members;  // without the two empty blocks, as some writers stop
    shard.read(at, header.data(), block);
    if (at == 0 && header[0] == '\x1f' && header[1] == '\x8b') shard.fail(at, "is a compressed tar; unpack it with gunzip");
    if (std::all_of(header.begin(), header.end(), [](char c) { return c == '\0'; })) return members;
    if (!checksum_fits(header)) shard.fail(at, at == 0 ? "is not a tar file" : "has a damaged header");
    auto const type = header[156];
    auto stated = number(header.data() + 124, 12);
    bool const is_extension = type == 'x' || type == 'g' || type == 'L' || type == 'K';
    if (!is_extension && extension.size) stated = extension.size;
    if (!stated) shard.fail(at, "has a damaged header");
    bool const has_content = type != '1' && type != '2' && type != '3' && type != '4' && type != '5' && type != '6';
    auto const bytes = has_content ? *stated : 0;
    auto const content = at + block;
    if (bytes > shard.size() - content) shard.fail(at, "is truncated");
    if (is_extension) {
      if (bytes > most_extension) shard.fail(at, "has an extended header of more than 1 MiB");
      if (type == 'x') {
        auto const read = parse_pax(shard, at, shard.text(content, bytes));
        if (read.path) extension.path = read.path;
        if (read.size) extension.size = read.size;
      } else if (type == 'L') {
        auto const text = shard.text(content, bytes);
        extension.path = field_text(text.data(), text.size());
      }
    } else {
      auto name = field_text(header.data(), 100);
      if (std::memcmp(header.data() + 257, "ustar\0", 6) == 0 && header[345] != '\0')
        name = field_text(header.data() + 345, 155) + "/" + name;
      members.push_back({extension.path.value_or(name), content, bytes, type == '0' || type == '\0' || type == '7'});
      extension = {};
    }
    at = content + std::min((bytes + block - 1) / block * block, shard.size() - content);
  }
}

struct Sample {
  std::string key;
  std::optional<ImageEntry> image;
  std::optional<std::int32_t> label;
};

std::string lower(std::string text) {
  for (auto& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

void add_shard(Listing& listing, ListingHash& hash, std::string const& path, int num_classes) {
  throw_if_stopping("data");
  Shard const shard(path);
  auto const file = static_cast<std::uint32_t>(listing.files.size());
  listing.files.push_back(path);
  Sample sample;
  auto const close_sample = [&] {
    if (sample.key.empty() || (!sample.image && !sample.label)) return;
    if (!sample.image) throw Error(Errc::data, fmt::format("{}: sample {} has no image (.jpg, .jpeg or .png)", path, sample.key));
    if (!sample.label) throw Error(Errc::data, fmt::format("{}: sample {} has no label (.cls)", path, sample.key));
    sample.image->label = *sample.label;
    hash.add(sample.key, *sample.image);
    listing.entries.push_back(*sample.image);
  };
  for (auto const& member : members_of(shard)) {
    auto const base = member.name.find_last_of('/') == std::string::npos ? 0 : member.name.find_last_of('/') + 1;
    auto const dot = member.name.find('.', base);
    if (!member.is_file || dot == std::string::npos || dot == base) continue;  // ".DS_Store", "._x" have no key
    auto const key = member.name.substr(0, dot);
    auto const field = lower(member.name.substr(dot + 1));
    if (key != sample.key) {
      close_sample();
      sample = {key, {}, {}};
    }
    if (field == "jpg" || field == "jpeg" || field == "png") {
      if (sample.image) throw Error(Errc::data, fmt::format("{}: sample {} has two images", path, key));
      sample.image = ImageEntry{file, 0, member.offset, member.bytes};
    } else if (field == "cls") {
      auto text = shard.text(member.offset, std::min<std::uint64_t>(member.bytes, 64));
      while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ' || text.back() == '\0')) text.pop_back();
      sample.label = parse_label(text, num_classes, fmt::format("{}: sample {}", path, key));
    }
  }
  close_sample();
}

std::vector<std::string> matches(std::string const& pattern) {
  if (pattern.find_first_of("*?[") == std::string::npos) return {pattern};
  glob_t found{};
  int const status = ::glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<std::string> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (status != 0 || paths.empty()) throw Error(Errc::io, fmt::format("{}: no file matches", pattern));
  return paths;
}

std::size_t count_tar(std::vector<std::string> const& patterns, std::size_t enough) {
  Listing listing{.kind = "tar", .where = {}, .files = {}, .entries = {}, .hash = {}};
  ListingHash hash;
  for (auto const& pattern : patterns)
    for (auto const& expanded : expand_braces(pattern))
      for (auto const& path : matches(expanded))
        if (listing.entries.size() < enough) add_shard(listing, hash, path, std::numeric_limits<int>::max());
  return listing.entries.size();
}

}  // namespace

std::vector<std::string> expand_braces(std::string const& pattern) {
  constexpr std::size_t most = 1'000'000;
  auto const open = pattern.find('{');
  if (open == std::string::npos) return {pattern};
  auto const close = pattern.find('}', open);
  if (close == std::string::npos) throw Error(Errc::config, fmt::format("{}: a {{ without its }}", pattern));
  auto const inner = pattern.substr(open + 1, close - open - 1);
  if (inner.find('{') != std::string::npos) throw Error(Errc::config, fmt::format("{}: braces within braces are not understood", pattern));
  std::vector<std::string> choices;
  auto const dots = inner.find("..");
  if (dots != std::string::npos) {
    auto const low = inner.substr(0, dots), high = inner.substr(dots + 2);
    std::uint64_t first = 0, last = 0;
    auto const parsed = [](std::string const& text, std::uint64_t& value) {
      auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      return error == std::errc() && end == text.data() + text.size();
    };
    if (!parsed(low, first) || !parsed(high, last) || last < first || last - first >= most)
      throw Error(Errc::config, fmt::format("{}: {{{}}} is no range of whole numbers like {{0000..0146}}", pattern, inner));
    auto const width = low.size() > 1 && low.front() == '0' ? low.size() : 1;
    for (auto i = first; i <= last; ++i) choices.push_back(fmt::format("{:0{}}", i, width));
  } else {
    for (std::size_t start = 0; start <= inner.size();) {
      auto const comma = std::min(inner.find(',', start), inner.size());
      choices.push_back(inner.substr(start, comma - start));
      start = comma + 1;
    }
  }
  auto const rests = expand_braces(pattern.substr(close + 1));
  if (choices.size() > most / rests.size()) throw Error(Errc::config, fmt::format("{}: stands for more than {} files", pattern, most));
  std::vector<std::string> expanded;
  for (auto const& choice : choices)
    for (auto const& rest : rests) expanded.push_back(pattern.substr(0, open) + choice + rest);
  return expanded;
}

Listing list_tar(std::vector<std::string> const& patterns, int num_classes) {
  Listing listing{.kind = "tar", .where = {}, .files = {}, .entries = {}, .hash = {}};
  ListingHash hash;
  for (auto const& pattern : patterns)
    for (auto const& expanded : expand_braces(pattern))
      for (auto const& path : matches(expanded)) add_shard(listing, hash, path, num_classes);
  listing.where = patterns.empty() ? "" : patterns.front();
  if (listing.entries.empty()) throw Error(Errc::data, fmt::format("{}: holds no images", listing.where));
  listing.hash = hash.hex();
  return listing;
}

SourceKind tar_kind() {
  return {.name = "tar",
          .usage = "{tar: SHARDS}",
          .is_raw = false,
          .lies_at =
              [](std::string const& path) {
                std::error_code ec;
                if (!fs::exists(path, ec)) return path.find_first_of("{*?[") != std::string::npos || path.ends_with(".tar");
                std::array<char, 262> head{};
                std::ifstream(path, std::ios::binary).read(head.data(), head.size());
                return !fs::is_directory(path, ec) && (std::string_view(head.data() + 257, 5) == "ustar" || path.ends_with(".tar"));
              },
          .configured =
              [](Config& section) {
                return SourceConfig{.paths = section.path_patterns("tar", {"Shards of a WebDataset, with {0000..0146}, {a,b}, * and ?"}),
                                    .root = {},
                                    .classes = {}};
              },
          .list = [](SourceConfig const& source, bool, ImageShape const& shape) { return list_tar(source.paths, shape.num_classes); },
          .count = [](SourceConfig const& source, bool, std::size_t enough) { return count_tar(source.paths, enough); },
          .picture_name =
              [](Listing const& listing, std::size_t index) {
                return fmt::format("{} (member at byte {})", file_name(listing, index), listing.entries[index].offset);
              },
          .open = open_encoded_files};
}

}  // namespace apq::image
