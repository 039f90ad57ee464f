#include "common/core/as_error.hpp"

#include <new>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace apq {
namespace {

template <class F>
Error error_of(F const& act) {
  try {
    act();
  } catch (std::exception const& e) {
    return as_error(e);
  }
  return {Errc::internal, "nothing was thrown"};
}

TEST(AsError, WhatInputsCauseIsNoBug) {
  EXPECT_EQ(error_of([] { throw std::bad_alloc(); }).code(), Errc::io);
  EXPECT_EQ(error_of([] { std::string().reserve(std::string().max_size() + 1); }).code(), Errc::io);
  auto const text = error_of([] { static_cast<void>(nlohmann::json("caf\xe9").dump()); });
  EXPECT_EQ(text.code(), Errc::data);
  EXPECT_NE(std::string(text.what()).find("is not UTF-8"), std::string::npos) << text.what();
  EXPECT_EQ(error_of([] { throw Error(Errc::mpi, "x"); }).code(), Errc::mpi);
}

TEST(AsError, WhatNobodyForesawIsOne) {
  auto const error = error_of([] { throw std::runtime_error("first\nsecond"); });
  EXPECT_EQ(error.code(), Errc::internal);
  EXPECT_STREQ(error.what(), "unexpected: first");
}

}  // namespace
}  // namespace apq
