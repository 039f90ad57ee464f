// The index of a tar file of pictures and labels, as WebDataset has them. Checksums of headers are made right, or nearly no input would get
// beyond them.
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

#include "common/image/listing.hpp"
#include "fuzz/target.hpp"
#include "support/encode_image.hpp"

namespace apq::fuzz {
namespace {

constexpr int num_classes = 10;
constexpr std::size_t block = 512;

std::string with_right_checksums(std::string tar) {
  for (std::size_t at = 0; at + block <= tar.size(); at += block) {
    auto* const header = tar.data() + at;
    if (std::memcmp(header + 257, "ustar", 5) != 0) continue;  // content
    std::memset(header + 148, ' ', 8);
    unsigned sum = 0;
    for (std::size_t i = 0; i < block; ++i) sum += static_cast<unsigned char>(header[i]);
    std::snprintf(header + 148, 8, "%06o", sum);
  }
  return tar;
}

std::string pax_record(std::string const& key, std::string const& value) {
  auto const rest = " " + key + "=" + value + "\n";
  auto length = rest.size() + 1;
  while (std::to_string(length).size() + rest.size() != length) ++length;
  return std::to_string(length) + rest;
}

}  // namespace

std::vector<std::string> seeds() {
  using test::tar_end, test::tar_member;
  std::string const jpeg = "\xff\xd8\xffpicture";
  return {tar_member("a/", "", '5') + tar_member("a/001.jpg", jpeg) + tar_member("a/001.cls", "3\n") + tar_member("a/001.json", "{}") +
              tar_member("a/002.cls", "0") + tar_member("a/002.PNG", jpeg) + tar_end(),
          tar_member("pax", pax_record("path", std::string(120, 'x') + ".jpg") + pax_record("size", "10"), 'x') +
              tar_member("short", jpeg) + tar_member("././@LongLink", std::string(120, 'x') + ".cls" + '\0', 'L') +
              tar_member("short", "7") + tar_end(),
          tar_member("1.jpg", jpeg) + tar_member("1.cls", "1")};
}

void attempt(std::string_view input) {
  auto const tar = with_right_checksums(std::string(input));
  auto const listing = image::list_tar({scratch_file("a.tar", tar).string()}, num_classes);
  require(!listing.entries.empty(), "nothing is listed");
  std::string written;
  std::vector<std::string> contents;
  for (auto const& entry : listing.entries) {
    require(entry.bytes <= tar.size() && entry.offset <= tar.size() - entry.bytes, "an entry lies outside of its file");
    require(entry.label >= 0 && entry.label < num_classes, "a label that is none");
    auto const name = fmt::format("{:06}", contents.size());
    contents.push_back(tar.substr(entry.offset, entry.bytes));
    written += test::tar_member(name + ".jpg", contents.back()) + test::tar_member(name + ".cls", std::to_string(entry.label));
  }
  written += test::tar_end();
  auto const again = image::list_tar({scratch_file("again.tar", written).string()}, num_classes);
  require(again.entries.size() == contents.size(), "entries are lost");
  for (std::size_t i = 0; i < contents.size(); ++i) {
    auto const& entry = again.entries[i];
    require(entry.label == listing.entries[i].label, "an entry has another label");
    require(written.substr(entry.offset, entry.bytes) == contents[i], "an entry has another content");
  }
}

}  // namespace apq::fuzz
