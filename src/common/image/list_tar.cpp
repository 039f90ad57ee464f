#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <limits>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <glob.h>

#include "common/core/error.hpp"
#include "common/core/log_once.hpp"
#include "common/core/printable.hpp"
#include "common/core/stop_request.hpp"
#include "common/image/encoded_files.hpp"
#include "common/image/listing.hpp"
#include "common/image/tar_archive.hpp"

namespace apq::image {
namespace fs = std::filesystem;

// Members become samples as WebDataset's reader (group_by_keys) makes them.
namespace {

struct Field {
  std::string extension;  // in lower case
  TarMember const* member;
};
struct Sample {
  std::string key;
  std::vector<Field> fields;
};

std::string lower(std::string text) {
  for (auto& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

// Cut at the first dot of the last part of the name; absent: it has none, or begins with one (".DS_Store", "._x").
std::optional<std::pair<std::string, std::string>> key_and_extension(std::string const& name) {
  auto const slash = name.find_last_of('/');
  auto const base = slash == std::string::npos ? 0 : slash + 1;
  auto const dot = name.find('.', base);
  if (dot == std::string::npos || dot == base) return std::nullopt;
  return std::pair(name.substr(0, dot), lower(name.substr(dot + 1)));
}

// Neighbours of one key.
std::vector<Sample> samples_of(std::vector<TarMember> const& members) {
  std::vector<Sample> samples;
  for (auto const& member : members) {
    auto cut = key_and_extension(member.name);
    if (!member.is_file || !cut) continue;
    if (samples.empty() || samples.back().key != cut->first) samples.push_back({std::move(cut->first), {}});
    samples.back().fields.push_back({std::move(cut->second), &member});
  }
  return samples;
}

bool is_image(std::string_view extension) { return extension == "jpg" || extension == "jpeg" || extension == "png" || extension == "webp"; }
bool is_label(std::string_view extension) { return extension == "cls"; }

// A shard being read into a listing.
class Shard {
 public:
  Shard(std::string const& path, int num_classes) : archive_(path), members_(archive_.members()), num_classes_(num_classes) {}

  void add_to(Listing& listing, ListingHash& hash) {
    auto const file = static_cast<std::uint32_t>(listing.files.size());
    listing.files.push_back(archive_.path());
    for (auto const& sample : samples_of(members_)) {
      throw_if_stopping("data");
      require_once(sample);
      auto const* const image = only_image(sample);
      auto const* const label = first(sample, is_label);
      if (image == nullptr && label == nullptr) {
        leave_out(sample);
        continue;
      }
      if (image == nullptr) incomplete(sample, "image", "(.jpg, .jpeg, .png or .webp)", is_image);
      if (label == nullptr) incomplete(sample, "label", "(.cls)", is_label);
      ImageEntry const entry{file, label_in(sample, *label), image->member->offset, image->member->bytes};
      hash.add(sample.key, entry);
      listing.entries.push_back(entry);
    }
  }

  // Samples that have neither a picture nor a label.
  std::size_t num_left_out() const { return num_left_out_; }
  std::string const& first_left_out() const { return first_left_out_; }

 private:
  using IsOfKind = bool (*)(std::string_view extension);

  [[noreturn]] void fail(Sample const& sample, std::string const& problem) const {
    throw Error(Errc::data, fmt::format("{}: sample {}{}", printable(archive_.path()), printable(sample.key), problem));
  }
  static Field const* first(Sample const& sample, IsOfKind is_wanted) {
    auto const found = std::ranges::find_if(sample.fields, [&](Field const& field) { return is_wanted(field.extension); });
    return found == sample.fields.end() ? nullptr : &*found;
  }
  void require_once(Sample const& sample) const {
    std::set<std::string_view> seen;
    for (auto const& field : sample.fields)
      if (!seen.insert(field.extension).second) fail(sample, fmt::format(" has two entries {}", printable(field.member->name)));
  }
  Field const* only_image(Sample const& sample) const {
    auto const* const image = first(sample, is_image);
    for (auto const& field : sample.fields)
      if (is_image(field.extension) && &field != image)
        fail(sample, fmt::format(" has two images ({} and {})", printable(image->member->name), printable(field.member->name)));
    return image;
  }
  std::int32_t label_in(Sample const& sample, Field const& field) const {
    constexpr std::uint64_t most = 64;
    auto const where = fmt::format("{}: sample {}", printable(archive_.path()), printable(sample.key));
    if (field.member->bytes > most) fail(sample, fmt::format(": label of {} bytes is not a whole number", field.member->bytes));
    auto const text = archive_.text(field.member->offset, field.member->bytes);
    constexpr std::string_view blanks(" \t\r\n\0", 5);
    auto const begin = std::min(text.find_first_not_of(blanks), text.size());
    return parse_label(std::string_view(text).substr(begin, text.find_last_not_of(blanks) + 1 - begin), num_classes_, where);
  }

  // Says why the part is not there, as far as the archive shows it.
  [[noreturn]] void incomplete(Sample const& sample, char const* part, char const* extensions, IsOfKind is_wanted) const {
    std::string why;
    for (auto const& member : members_) {
      auto const cut = key_and_extension(member.name);
      if (!cut || cut->first != sample.key || !is_wanted(cut->second)) continue;
      why = member.is_file ? fmt::format(
                                 "{} is no neighbour of it, and WebDataset pairs neighbours alone; pack the entries of a sample "
                                 "one after the other (tar --sort=name)",
                                 printable(member.name))
                           : fmt::format("{} is {}; pack it as a file (tar --dereference --hard-dereference)", printable(member.name),
                                         member.is_link ? "a link" : "no file");
    }
    if (why.empty()) why = fmt::format("it has {}", extensions_of(sample));
    fail(sample, fmt::format(" has no {} {}: {}", part, extensions, why));
  }
  static std::string extensions_of(Sample const& sample) {
    constexpr std::size_t most = 5;
    std::vector<std::string> extensions;
    for (auto const& field : sample.fields)
      if (extensions.size() < most) extensions.push_back(fmt::format(".{}", printable(field.extension)));
    return fmt::format("{}{}", fmt::join(extensions, ", "), sample.fields.size() > most ? ", ..." : "");
  }

  // Whoever wrote a.b.jpg and a.b.cls meant a sample.
  void leave_out(Sample const& sample) {
    auto const ends_as = [&](IsOfKind is_wanted) {
      auto const found = std::ranges::find_if(sample.fields, [&](Field const& field) {
        auto const dot = field.extension.find_last_of('.');
        return dot != std::string::npos && is_wanted(field.extension.substr(dot + 1));
      });
      return found == sample.fields.end() ? nullptr : &*found;
    };
    if (auto const* const image = ends_as(is_image); image != nullptr && ends_as(is_label) != nullptr)
      fail(sample, fmt::format(": the extension of {} is .{}, because WebDataset cuts names at their first dot; name entries KEY.jpg and "
                               "KEY.cls, with no dot in KEY",
                               printable(image->member->name), printable(image->extension)));
    if (num_left_out_++ == 0)
      first_left_out_ =
          fmt::format("{}: sample {}, which has {}", printable(archive_.path()), printable(sample.key), extensions_of(sample));
  }

  TarArchive archive_;
  std::vector<TarMember> members_;
  int num_classes_;
  std::size_t num_left_out_ = 0;
  std::string first_left_out_;
};

std::vector<std::string> matches(std::string const& pattern) {
  if (pattern.find_first_of("*?[") == std::string::npos) return {pattern};
  glob_t found{};
  int const status = ::glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<std::string> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (status != 0 || paths.empty()) throw Error(Errc::io, fmt::format("{}: no file matches", printable(pattern)));
  return paths;
}

std::size_t count_tar(std::vector<std::string> const& patterns, std::size_t enough) {
  Listing listing{.kind = "tar", .where = {}, .files = {}, .entries = {}, .hash = {}};
  ListingHash hash;
  for (auto const& pattern : patterns)
    for (auto const& expanded : expand_braces(pattern))
      for (auto const& path : matches(expanded))
        if (listing.entries.size() < enough) Shard(path, std::numeric_limits<int>::max()).add_to(listing, hash);
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
  std::size_t num_left_out = 0;
  std::string first_left_out;
  for (auto const& pattern : patterns)
    for (auto const& expanded : expand_braces(pattern))
      for (auto const& path : matches(expanded)) {
        Shard shard(path, num_classes);
        shard.add_to(listing, hash);
        if (num_left_out == 0) first_left_out = shard.first_left_out();
        num_left_out += shard.num_left_out();
      }
  if (num_left_out > 0)
    log::once(fmt::format("{} sample{} neither a picture nor a label and {} left out ({})", num_left_out,
                          num_left_out == 1 ? " has" : "s have", num_left_out == 1 ? "is" : "are", first_left_out));
  listing.where = patterns.empty() ? "" : patterns.front();
  if (listing.entries.empty()) throw Error(Errc::data, fmt::format("{}: holds no images", printable(listing.where)));
  listing.hash = hash.hex();
  return listing;
}

namespace {

// By its content, or by its name, also where that says what is refused by name when it is read.
bool lies_in_tar(std::string const& path) {
  auto const name = lower(path);
  bool const is_named = std::ranges::any_of(std::array{".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst"},
                                            [&](char const* ending) { return name.ends_with(ending); });
  std::error_code ec;
  if (!fs::exists(path, ec)) return path.find_first_of("{*?[") != std::string::npos || is_named;
  if (fs::is_directory(path, ec)) return false;
  std::array<char, 262> head{};
  std::ifstream(path, std::ios::binary).read(head.data(), head.size());
  return is_named || std::string_view(head.data() + 257, 5) == "ustar";
}

std::string entry_name(Listing const& listing, std::size_t index) {
  auto const& entry = listing.entries[index];
  try {
    TarArchive const archive(listing.files[entry.file]);
    return fmt::format("{}: entry {}", archive.path(), archive.name_before(entry.offset));
  } catch (Error const&) {  // it went away meanwhile
    return fmt::format("{} (entry at byte {})", file_name(listing, index), entry.offset);
  }
}

}  // namespace

SourceKind tar_kind() {
  return {.name = "tar",
          .usage = "{tar: SHARDS}",
          .is_raw = false,
          .lies_at = lies_in_tar,
          .configured =
              [](Config& section) {
                return SourceConfig{.paths = section.path_patterns("tar", {"Shards of a WebDataset, with {0000..0146}, {a,b}, * and ?"}),
                                    .root = {},
                                    .classes = {}};
              },
          .list = [](SourceConfig const& source, bool, ImageShape const& shape) { return list_tar(source.paths, shape.num_classes); },
          .count = [](SourceConfig const& source, bool, std::size_t enough) { return count_tar(source.paths, enough); },
          .picture_name = entry_name,
          .open = open_encoded_files};
}

}  // namespace apq::image
