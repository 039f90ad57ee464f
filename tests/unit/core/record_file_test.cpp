#include "common/core/record_file.hpp"

#include <gtest/gtest.h>

#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

namespace {
using namespace apq;

constexpr RecordFormat format{"apq test", 1, "make it anew"};

TEST(RecordFile, WholeNumbersAreWhatTheyWereWrittenAs) {
  test::TempDir const dir;
  write_record(dir / "r.json", format, {{"most", ~std::uint64_t{0}}, {"least", std::numeric_limits<int>::min()}, {"genes", {0, 255}}});
  read_record(dir / "r.json", format, [](Json const& json) {
    EXPECT_EQ(whole_number<std::uint64_t>(json.at("most")), ~std::uint64_t{0});
    EXPECT_EQ(whole_number<int>(json.at("least")), std::numeric_limits<int>::min());
    EXPECT_EQ(whole_numbers<std::uint8_t>(json.at("genes")), (std::vector<std::uint8_t>{0, 255}));
  });
}

TEST(RecordFile, NumbersThatDoNotFitAreRefused) {
  test::TempDir const dir;
  auto const refused = [&](Json const& number, std::string const& part, auto const& read) {
    write_record(dir / "r.json", format, {{"ranks", number}});
    test::expect_error(Errc::data, "r.json: is not what apq wrote (" + part + "); make it anew",
                       [&] { read_record(dir / "r.json", format, [&](Json const& json) { read(json.at("ranks")); }); });
  };
  auto const ranks = [](Json const& json) { whole_number<int>(json); };
  refused(4294967297, "4294967297 is no whole number from -2147483648 to 2147483647", ranks);
  refused(2.5, "2.5 is no whole number from -2147483648 to 2147483647", ranks);
  refused("2", "string is no whole number from -2147483648 to 2147483647", ranks);
  refused(-1, "-1 is no whole number from 0 to 18446744073709551615", [](Json const& json) { whole_number<std::uint64_t>(json); });
  refused({1, 256}, "256 is no whole number from 0 to 255", [](Json const& json) { whole_numbers<std::uint8_t>(json); });
  refused(1, "number is no list of numbers", [](Json const& json) { whole_numbers<std::uint8_t>(json); });
}

}  // namespace
