#pragma once

#include <string>
#include <vector>

#include "common/core/meaning.hpp"

namespace apq::study {

/// A kind of configuration file, with every key that it can have.
struct ReferenceChapter {
  std::string title, text;
  std::vector<KeyDescription> keys;
};

/// Made by reading documents that between them have every key that is read only beside others.
std::vector<ReferenceChapter> reference_chapters();

/// docs/configuration.md: what the readers say of their keys, as tables.
std::string configuration_reference();

}  // namespace apq::study
