#include "study/records/stamp.hpp"

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/error.hpp"
#include "support/temp_dir.hpp"

using namespace apq;
using namespace apq::study;

namespace {

Stamp sample() {
  FileDigest const digest{std::string(64, 'c'), {10, 1'700'000'000'123'456'789, 42}, 1'700'000'001'000'000'000};
  return {
      "search", "2026-01-02T03:04:05Z", "0.1.0", {{"search.population", "21"}}, {{"/a/hardware.yaml", digest}}, {{"search.json", digest}}};
}

std::string refusal(std::filesystem::path const& file) {
  try {
    read_stamp(file);
  } catch (Error const& e) {
    EXPECT_EQ(e.code(), Errc::data);
    return e.what();
  }
  return "taken";
}

}  // namespace

TEST(Stamp, ComesBackAsItWasWritten) {
  test::TempDir const directory;
  auto const file = directory / "search.json";
  auto const written = sample();
  write_stamp(file, written);
  auto const read = read_stamp(file);
  EXPECT_EQ(read.stage, written.stage);
  EXPECT_EQ(read.finished, written.finished);
  EXPECT_EQ(read.code_version, written.code_version);
  EXPECT_EQ(read.inputs, written.inputs);
  ASSERT_EQ(read.input_files.size(), 1u);
  ASSERT_EQ(read.outputs.size(), 1u);
  EXPECT_EQ(read.outputs[0].path, "search.json");
  for (auto const& digest : {read.outputs[0].digest, read.input_files.at("/a/hardware.yaml")}) {
    EXPECT_EQ(digest.digest, std::string(64, 'c'));
    EXPECT_EQ(digest.state, written.outputs[0].digest.state);
    EXPECT_EQ(digest.recorded_ns, written.outputs[0].digest.recorded_ns);
  }
}

TEST(Stamp, EveryCutAndEveryForeignFormatIsNamed) {
  test::TempDir const directory;
  auto const file = directory / "search.json";
  write_stamp(file, sample());
  auto const whole = read_file(file);
  for (std::size_t size = 0; size + 2 < whole.size(); ++size) {  // the last two: the brace and the line's end
    replace_file(file, std::string_view(whole).substr(0, size));
    auto const message = refusal(file);
    ASSERT_NE(message, "taken") << size;
    ASSERT_EQ(message.find(file.string()), 0u) << message;
  }
  replace_file(file, "{\"format\": \"apq search\", \"format_version\": 1}");
  EXPECT_NE(refusal(file).find("is not a record of \"apq stamp\""), std::string::npos);
  replace_file(file, "{\"format\": \"apq stamp\", \"format_version\": 9}");
  EXPECT_NE(refusal(file).find("is of format version 9 (this apq reads 1)"), std::string::npos);
  replace_file(file, "{\"format\": \"apq stamp\", \"format_version\": 1, \"stage\": 5}");
  EXPECT_NE(refusal(file).find("is not what apq wrote"), std::string::npos);
}
