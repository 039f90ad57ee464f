#include "common/core/enum_names.hpp"

#include <gtest/gtest.h>

namespace {

using namespace apq;

enum class Colour { red, blue };
constexpr EnumNames<Colour, 2> names({{Colour::red, "red"}, {Colour::blue, "blue"}});

TEST(EnumNames, ValuesAndNamesFindEachOther) {
  static_assert(names(Colour::blue) == "blue");
  EXPECT_EQ(names.find("red"), Colour::red);
  EXPECT_EQ(names.find("blue"), Colour::blue);
  EXPECT_EQ(names.find("Red"), std::nullopt);
  EXPECT_EQ(names.find(""), std::nullopt);
  EXPECT_EQ(names.all(), (std::vector<std::string>{"red", "blue"}));
}

}  // namespace
