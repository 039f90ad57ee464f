#include "study/configuration_reference.hpp"

#include <filesystem>
#include <regex>

#include <gtest/gtest.h>

#include "common/core/atomic_file.hpp"
#include "common/core/key_tables.hpp"
#include "support/shared_data.hpp"

namespace {

using namespace apq;
namespace fs = std::filesystem;

TEST(ConfigurationReference, IsWhatTheDocumentationSays) {
  EXPECT_EQ(study::configuration_reference(), read_file(test::source_dir() / "docs/configuration.md"))
      << "build/release/apq run --config configs/quickstart.yaml --print-reference >docs/configuration.md";
}

TEST(ConfigurationReference, EverySectionAndKeyHasAMeaning) {
  for (auto const& chapter : study::reference_chapters()) {
    EXPECT_GT(chapter.keys.size(), 10u) << chapter.title;
    for (auto const& key : chapter.keys) {
      EXPECT_FALSE(key.text.empty()) << key.key;
      EXPECT_FALSE(key.allowed.empty()) << key.key;
      EXPECT_EQ(key.fallback.empty(), key.is_section) << key.key;
      auto const dot = key.key.rfind('.');
      if (dot == std::string::npos) continue;
      auto section = key.key.substr(0, dot);
      if (section.ends_with("[]")) section.resize(section.size() - 2);
      EXPECT_TRUE(std::any_of(chapter.keys.begin(), chapter.keys.end(), [&](auto const& other) { return other.key == section; }))
          << "the section of " << key.key << " has no meaning";
    }
  }
}

// Keys that are read only beside others need a document that has them: whatever a reader asks for by name is in the reference.
TEST(ConfigurationReference, HasEveryKeyThatTheSourcesRead) {
  std::string known = " ";
  for (auto const& chapter : study::reference_chapters())
    for (auto const& key : chapter.keys) known += key.key.substr(key.key.rfind('.') + 1) + " ";
  std::regex const reads(
      R"re(\.(?:get|get_or|list|list_or|choice|choice_or|path|path_or|path_patterns|section|sections)(?:<[\w:]+>)?\(\s*"(\w+)")re");
  int found = 0;
  for (auto const& entry : fs::recursive_directory_iterator(test::source_dir() / "src")) {
    if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
    auto const text = read_file(entry.path());
    for (std::sregex_iterator match(text.begin(), text.end(), reads), end; match != end; ++match, ++found)
      EXPECT_NE(known.find(" " + (*match)[1].str() + " "), std::string::npos)
          << entry.path() << " reads " << (*match)[1] << ", which no document of configuration_reference.cpp has";
  }
  EXPECT_GT(found, 100);
}

TEST(KeyTables, MergeKeepsTheOrderOfBoth) {
  auto const keys = [](std::vector<std::string> const& names) {
    std::vector<KeyDescription> result;
    for (auto const& name : names) result.push_back({name, false, "Text", "", "a text", "none"});
    return result;
  };
  auto all = keys({"a", "c"});
  merge(all, keys({"a", "b", "c", "d"}));
  merge(all, keys({"first", "a"}));
  EXPECT_EQ(all, keys({"first", "a", "b", "c", "d"}));
}

TEST(KeyTables, AreOneForEverySection) {
  EXPECT_EQ(key_tables({{"a", false, "A key", "s", "a number", "1"},
                        {"l", true, "A list", "", "a list of sections", ""},
                        {"l[].b", false, "Another", "", "x or y", "required"}}),
            "| key | default | range | unit | meaning |\n| --- | --- | --- | --- | --- |\n| `a` | 1 | a number | s | A key |\n\n"
            "### `l[]`\n\nA list (a list of sections).\n\n"
            "| key | default | range | unit | meaning |\n| --- | --- | --- | --- | --- |\n| `b` | required | x or y |  | Another |\n\n");
}

}  // namespace
