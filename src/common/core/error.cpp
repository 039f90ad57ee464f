#include "common/core/error.hpp"

namespace apq {

std::string one_of(std::vector<std::string> const& choices) {
  std::string text;
  std::size_t i = 0;
  for (auto const& choice : choices) {
    if (i > 0) text += i + 1 == choices.size() ? " or " : ", ";
    text += choice;
    ++i;
  }
  return text;
}

}  // namespace apq
