#include "common/net/weight_import_text.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace apq::net {
namespace {

TEST(WeightImportText, EveryListIsNamed) {
  ImportedWeights imported;
  imported.names.matched = {{"conv.weight", "first.weight", {8, 3}}, {"same", "same", {1}}};
  imported.names.missing = {"absent"};
  imported.names.unexpected = {"stranger"};
  imported.names.misshaped = {{"odd", "even", {2, 2}, {3, 3}}};
  auto const table = import_table("in.pth", "out.pt", imported);
  for (auto const* part :
       {"conv.weight  8 x 3               first.weight\n", "(same name)", "missing     absent\n", "unexpected  stranger\n",
        "mis-shaped  odd is 2 x 2; even is 3 x 3\n", "2 matched, 1 missing, 1 unexpected, 1 mis-shaped, 0 ignored"})
    EXPECT_NE(table.find(part), std::string::npos) << part << "\n" << table;
  EXPECT_EQ(table.find("written"), std::string::npos);
  auto const json = nlohmann::json::parse(import_json("in.pth", "out.pt", imported));
  EXPECT_EQ(json["output"], "");
  EXPECT_EQ(json["misshaped"][0]["expected"][1], 3);
}

TEST(WeightImportText, WrittenWeightsHaveAHash) {
  ImportedWeights imported;
  imported.is_written = imported.is_sorted = true;
  imported.hash = "c0ffee";
  EXPECT_NE(import_table("in.pth", "out.pt", imported).find("out.pt: written, channels sorted, hash c0ffee\n"), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(import_json("in.pth", "out.pt", imported))["output"], "out.pt");
}

TEST(WeightImportText, ADryRunSaysHowTheFileWasUnderstood) {
  ImportedWeights imported;
  imported.reading = {"torch.save (zip)", "model", "module.", {"model_ema"}, {"epoch (a number)"}, 1, 3, 2, {}};
  imported.reading.first = {{"module.\x1b[31mconv", {8, 3}, "float16"}, {"module.scale", {}, "float32"}};
  imported.hash = "c0ffee";
  EXPECT_EQ(dry_run_text("in\n.pth", imported),
            "in\\n.pth: read as: torch.save (zip), state dict model (there is also model_ema), 2 tensors, prefix module. taken off; "
            "left unread: epoch (a number) and 2 more\n"
            "module.\\x1b[31mconv  8 x 3  float16\n"
            "module.scale  scalar  float32\n"
            "0 matched, 0 missing, 0 unexpected, 0 mis-shaped, 0 ignored (batch counters, quantiser ranges)\n"
            "would be written: channels as they were, hash c0ffee; nothing is\n");
  imported.names.missing = {"absent"};
  EXPECT_EQ(dry_run_text("in.pth", imported).find("would be written"), std::string::npos);
  auto const reading = nlohmann::json::parse(import_json("in.pth", "", imported))["reading"];
  EXPECT_EQ(reading["key"], "model");
  EXPECT_EQ(reading["num_unread"], 3);
  EXPECT_EQ(reading["first"][0]["dtype"], "float16");
}

TEST(WeightImportText, NamesNeedNotBeUtf8) {
  ImportedWeights imported;
  imported.names.unexpected = {"\xff"};
  EXPECT_NO_THROW(nlohmann::json::parse(import_json("in.pth", "out.pt", imported)));
}

}  // namespace
}  // namespace apq::net
