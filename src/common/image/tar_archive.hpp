#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace apq::image {

/// An entry of a tar file.
struct TarMember {
  std::string name;
  std::uint64_t offset, bytes;  ///< of its content
  bool is_file;
  bool is_link;  ///< hard or symbolic
};

/// Reads the headers of a tar file and what little of its content is asked for: ustar, pax and GNU long names.
///
/// An own reader: libarchive reads an archive from end to end, while all that is wanted here are headers and labels; the pictures are read
/// later, by other ranks, at the offsets found now.
class TarArchive {
 public:
  /// @throws Error(io) when it is no file that can be opened.
  explicit TarArchive(std::string path);
  ~TarArchive();
  TarArchive(TarArchive const&) = delete;
  TarArchive& operator=(TarArchive const&) = delete;

  /// All entries, in order. @throws Error(data) naming the archive, the entry and the place for what is no tar, compressed, truncated or
  /// damaged.
  std::vector<TarMember> members() const;
  /// @throws Error(data) when the archive ends before.
  std::string text(std::uint64_t offset, std::uint64_t bytes) const;
  /// The name in the header before the content at `offset`; long ones are cut there.
  std::string name_before(std::uint64_t offset) const;
  std::string const& path() const { return path_; }

 private:
  void read(std::uint64_t offset, char* to, std::size_t count) const;
  [[noreturn]] void fail(std::uint64_t offset, std::string const& problem) const;
  void require_plain() const;
  struct Extension;
  void extend(Extension& extension, char type, std::uint64_t header, std::uint64_t bytes) const;

  std::string path_;
  int file_;
  std::uint64_t size_ = 0;
};

}  // namespace apq::image
