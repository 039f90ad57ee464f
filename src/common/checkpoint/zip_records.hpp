#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace apq::checkpoint {

/// The records of a zip archive as torch.save makes it: stored as they are, in a folder that all share. They are parts of the file at hand,
/// so that nothing is allocated for them.
class ZipRecords {
 public:
  /// Reads the archive's directory (with the extensions for 64 bits).
  /// @param content  the file; outlives the records
  /// @throws Error(data) starting with `source`: no whole archive, records that reach beyond the file or over each other, a name twice.
  ZipRecords(std::string_view content, std::string source);

  /// The bytes of a record by its name within the folder; nothing where there is none.
  /// @throws Error(data) when the record is compressed or encrypted, which torch.save never does and which would let a small file
  ///         ask for any amount of memory; when its checksum is wrong. (PyTorch can leave checksums out: then that of data.pkl is wrong,
  ///         too, and none counts.)
  std::optional<std::string_view> find(std::string const& name);

 private:
  struct Record {
    std::string_view bytes;
    std::uint32_t checksum = 0;
    bool is_compressed = false, is_encrypted = false;
    bool is_checked = false;
  };
  void read_directory(std::string_view content, std::uint64_t first, std::uint64_t end, std::uint64_t count);
  void require_apart() const;
  [[noreturn]] void fail(std::string const& problem) const;

  std::string source_;
  std::map<std::string, Record, std::less<>> records_;
  bool has_checksums_ = false;
};

}  // namespace apq::checkpoint
