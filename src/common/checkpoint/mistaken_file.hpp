#pragma once

#include <string>
#include <string_view>

namespace apq::checkpoint {

/// What a file is instead of data, and the cure, where its first bytes tell: a pointer of Git LFS, a web page in place of a download, a
/// compressed file, nothing at all. Empty: they don't.
std::string mistaken_for(std::string_view content);

}  // namespace apq::checkpoint
