#pragma once

#include <filesystem>
#include <functional>

namespace apq {

/// Makes the folder `path` whole: `fill` gets an empty folder beside it (its name ends in `.partial`), which then takes the name. A folder
/// that is there is replaced by it in one step where the file system can exchange names, and removed. On any failure the temporary folder
/// is removed and `path` is as it was. What `fill` writes it must bring to the disk itself (replace_file does).
/// @throws Error(io) naming the folder and the system's reason; whatever `fill` throws.
void replace_folder(std::filesystem::path const& path, std::function<void(std::filesystem::path const& temporary)> const& fill);

/// The same where nothing of the name may be there yet. @throws Error(io) also where there is.
void make_folder(std::filesystem::path const& path, std::function<void(std::filesystem::path const& temporary)> const& fill);

}  // namespace apq
