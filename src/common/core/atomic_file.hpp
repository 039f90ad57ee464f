#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace apq {

/// Replaces `path` whole: `write` fills a new file beside it (named after this host, ending in `.partial`), which is fsynced,
/// renamed over `path`, and the directory fsynced. A reader sees the old file or the new one, never a part.
/// On any failure the temporary file is removed and `path` is as it was. A link stays: what it leads to is replaced.
/// @throws Error(io) naming the file and the system's reason; whatever `write` throws.
void replace_file(std::filesystem::path const& path, std::function<void(std::filesystem::path const& temporary)> const& write);

/// The same for a text at hand. A device or a pipe is written to instead.
void replace_file(std::filesystem::path const& path, std::string_view text);

/// The same where there is no such file yet. @return false, having done nothing, where there is one: of several that try one succeeds.
bool create_file(std::filesystem::path const& path, std::string_view text);

/// Whole file as a string. @throws Error(io) when it cannot be read.
std::string read_file(std::filesystem::path const& path);

/// mkdir -p. @throws Error(io).
void make_directory(std::filesystem::path const& path);

}  // namespace apq
