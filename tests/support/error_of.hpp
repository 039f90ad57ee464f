#pragma once

#include <optional>

#include <gtest/gtest.h>

#include "common/core/error.hpp"

namespace apq::test {

/// What `act` threw; a failure of the test and nothing where it threw nothing.
template <class Act>
std::optional<Error> error_of(Act const& act) {
  try {
    act();
  } catch (Error const& e) {
    return e;
  }
  ADD_FAILURE() << "nothing was thrown";
  return std::nullopt;
}

/// Expects an error of this kind whose message has this part, all in one line.
template <class Act>
void expect_error(Errc code, std::string const& part, Act const& act) {
  auto const error = error_of(act);
  if (!error) return;
  EXPECT_EQ(error->code(), code) << error->what();
  EXPECT_NE(std::string(error->what()).find(part), std::string::npos) << "no \"" << part << "\" in: " << error->what();
  EXPECT_EQ(std::string(error->what()).find('\n'), std::string::npos) << error->what();
}

}  // namespace apq::test
