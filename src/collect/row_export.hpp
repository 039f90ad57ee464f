#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace apq::collect {

enum class RowFormat { csv, json_lines };

/// Every row under `directory` (as of stored_stages) as text, in the order of stages and ids, handed to `write` line by line with its
/// line feed; CSV begins with a header. Accuracy is a fraction with its 95 % Wilson interval; unknown numbers are empty fields (CSV) or
/// null. Subnets are in concrete values where `space_file`, or else the study's own space, is the shards', and left empty elsewhere.
/// @throws as stored_stages; Error(data) when `space_file` is of another space.
void export_rows(std::filesystem::path const& directory, std::filesystem::path const& space_file, RowFormat format,
                 std::function<void(std::string const& line)> const& write);

}  // namespace apq::collect
