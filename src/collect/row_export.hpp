#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "collect/row_columns.hpp"
#include "collect/stored_stage.hpp"

namespace apq::collect {

/// Takes a line of text, its line feed included.
using WriteLine = std::function<void(std::string const& line)>;

/// Every row under `directory` (as of stored_stages) as text, in the order of stages and ids, handed to `write` line by line;
/// CSV begins with a header. Accuracy is a fraction with its 95 % Wilson interval; unknown numbers are empty fields (CSV) or
/// null. Subnets are in concrete values where `space_file`, or else the study's own space, is the shards', and left empty elsewhere.
/// @throws as stored_stages; Error(data) when `space_file` is of another space.
void export_rows(std::filesystem::path const& directory, std::filesystem::path const& space_file, RowFormat format, WriteLine const& write);

/// The rows of one stage, without CSV's header. @param space  nullptr: not known.
void export_stage(h5::Dataset const& dataset, space::SearchSpace const* space, RowFormat format, WriteLine const& write);

/// The space, where it is the dataset's. @throws Error(data) naming both hashes where it is not and was asked for by a file's name.
space::SearchSpace const* space_of_rows(std::optional<space::SearchSpace> const& space, std::filesystem::path const& asked_for,
                                        h5::ShardHeader const& header);

}  // namespace apq::collect
