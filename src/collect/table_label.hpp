#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "collect/table_entry.hpp"

namespace apq::collect {

/// Puts a JSON value of the field acc, correct or total (is_label) into the entry; numbers may be texts ("75.6 %"), null is absent.
/// @throws Error(data), without a place, for what is no such number.
void set_label(TableEntry& entry, std::string const& field, nlohmann::json const& value);

/// Whether the entry has a label: hits of images, else an accuracy. An accuracy beside hits must agree with them, as a fraction or as
/// percent. @throws Error(data), without a place.
void require_label(TableEntry const& entry);

}  // namespace apq::collect
