#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <vector>

namespace apq::study {

/// What the file system says of a file without reading it.
struct FileState {
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  ///< since 1970
  std::uint64_t inode = 0;
  bool operator==(FileState const&) const = default;
};
/// Absent where there is no regular file.
std::optional<FileState> state_of(std::filesystem::path const& file);

/// A study's files as they stand at one time: of each file and folder the file system is asked once, however many stages come to look,
/// until `look_again`.
class FileView {
 public:
  /// Absent where there is no regular file.
  std::optional<FileState> const& state(std::filesystem::path const& file);
  /// The regular files in a folder, sorted; none where it is not there.
  std::vector<std::filesystem::path> const& files_in(std::filesystem::path const& folder);
  /// Time went by, or this job has written something.
  void look_again();

 private:
  std::map<std::filesystem::path, std::optional<FileState>> states_;
  std::map<std::filesystem::path, std::vector<std::filesystem::path>> folders_;
};

}  // namespace apq::study
