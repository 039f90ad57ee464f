#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string_view>

namespace apq::image {

/// Every line of a text file that people made, from 1, without blanks at its end; also empty ones. Lines end as on Linux, Windows or old
/// Macs; a mark at the file's beginning that says UTF-8 is none of its text.
/// @throws Error(io) when it cannot be read, Error(data) `FILE: is not a text file of WHAT` for UTF-16 and for bytes that no text has,
/// whatever `use` throws.
void for_each_line(std::filesystem::path const& file, std::string_view what,
                   std::function<void(std::size_t number, std::string_view line)> const& use);

}  // namespace apq::image
