#pragma once

#include <string>
#include <vector>

#include "common/core/meaning.hpp"

namespace apq {

/// What several documents of one kind have between them: every key once, a new one behind the key before it.
void merge(std::vector<KeyDescription>& all, std::vector<KeyDescription> const& more);

/// Markdown: a heading of level 3 and a table for every section, in the order of their first keys.
std::string key_tables(std::vector<KeyDescription> const& keys);

}  // namespace apq
